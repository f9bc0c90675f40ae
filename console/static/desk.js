// The page of one call: everything on it works on one audio element.
import { Player } from "./player.js";
import { Waveform } from "./waveform.js";
import { Legend } from "./legend.js";
import { followAlong } from "./transcript.js";
import { listenToKeys } from "./keys.js";
import { foldEvidence } from "./evidence.js";
import { switchEdits } from "./edits.js";

const section = document.getElementById("player");
const player = section ? new Player(section) : null;
const list = document.querySelector(".lines");
let legend = null;
let waveform = null;
let words = null;

if (player) {
  legend = new Legend(document.querySelector(".legend"), player, list);
  waveform = new Waveform(section, player, legend);
  waveform.load(section.dataset.peaks);
  words = followAlong(list, player);
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-seek]");
    if (place) player.seek(Number(place.dataset.seek));
  });
}
const evidence = foldEvidence(document.querySelector(".found"));
const edits = switchEdits(document.querySelector(".as-recognised"), list);
listenToKeys({ player, legend, waveform, words, evidence, edits });

// A search leads to a moment of the call.
const moment = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
if (moment) player?.seek(Number(moment[1]));

// Whoever may see personal data can cover it, in words and in sound, while others look on.
const veil = document.querySelector(".veil");
veil?.addEventListener("click", () => {
  const covered = document.body.classList.toggle("covered");
  veil.setAttribute("aria-pressed", covered);
  player?.cover(covered);
});
