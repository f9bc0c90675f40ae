"""An archive of recordings in, findings out: its sources, the tasks, who does them, and the job."""
