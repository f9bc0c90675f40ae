// One lane for each channel, drawn from peaks that the server computed once; the findings' evidence
// and the masked spans lie on the same time axis.

// Peaks of 255; a recording quieter than this is not blown up to fill its lane.
const QUIET = 24;
// Painted in this order: the last lies on top.
const TINTS = ["calm", "topic", "mood", "trouble"];

export class Waveform {
  constructor(canvas, player) {
    this.canvas = canvas;
    this.player = player;
    this.lanes = [];
    this.masked = [];
    this.evidence = TINTS.flatMap((tint) =>
      [...document.querySelectorAll(`.findings [data-tint=${tint}] [data-until]`)].map((link) => ({
        tint,
        start: Number(link.dataset.seek),
        end: Number(link.dataset.until),
      })),
    );
    player.onTime(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.seekTo(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.seekTo(event);
    });
  }

  async load(url) {
    const response = await fetch(url);
    if (!response.ok) return;
    const outline = await response.json();
    this.lanes = outline.lanes;
    this.loudest = outline.lanes.flat().reduce((loudest, peak) => Math.max(loudest, peak), QUIET);
    this.masked = outline.masked;
    this.draw();
  }

  seekTo(event) {
    const box = this.canvas.getBoundingClientRect();
    this.player.seek(((event.clientX - box.left) / box.width) * this.player.seconds);
  }

  draw() {
    const scale = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const seconds = this.player.seconds || 1;
    const x = (time) => (time / seconds) * width;
    const played = x(this.player.time);

    for (const { tint, start, end } of this.evidence) {
      pen.fillStyle = colour(`mark-${tint}`);
      pen.fillRect(x(start), 0, Math.max(x(end) - x(start), 2), height);
    }
    this.lanes.forEach((peaks, number) => {
      const room = height / this.lanes.length;
      this.drawLane(pen, peaks, { top: number * room, room, width, played, ink: colour(`lane-${number}`) });
    });
    for (const [start, end] of this.masked) this.hatch(pen, x(start), x(end), height, colour("muted"));
    pen.fillStyle = colour("ink");
    pen.fillRect(Math.min(played, width - 1.5), 0, 1.5, height);
  }

  drawLane(pen, peaks, { top, room, width, played, ink }) {
    const middle = top + room / 2;
    const step = 3;
    pen.fillStyle = ink;
    for (let left = 0; left < width; left += step) {
      const from = Math.floor((left / width) * peaks.length);
      const to = Math.max(from + 1, Math.floor(((left + step) / width) * peaks.length));
      const loudest = Math.max(0, ...peaks.slice(from, to));
      // The square root keeps soft voices visible beside loud ones.
      const half = Math.max(0.5, Math.sqrt(loudest / this.loudest) * (room / 2 - 2));
      pen.globalAlpha = left < played ? 1 : 0.45;
      pen.fillRect(left, middle - half, step - 1, 2 * half);
    }
    pen.globalAlpha = 1;
  }

  hatch(pen, left, right, height, ink) {
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, Math.max(right - left, 2), height);
    pen.clip();
    pen.strokeStyle = ink;
    pen.beginPath();
    for (let at = left - height; at < right; at += 6) {
      pen.moveTo(at, height);
      pen.lineTo(at + height, 0);
    }
    pen.stroke();
    pen.restore();
  }
}
