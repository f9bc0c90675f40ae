// One lane for each channel, drawn from peaks that the server computed once, and below them the findings;
// silences, overlaps and what is masked lie on the lanes themselves. All on one time axis, which can be zoomed.
import { clock } from "./player.js";

// Peaks of 255; a recording quieter than this is not blown up to fill its lane.
const QUIET = 24;
// Heights in CSS pixels.
const LANE = 30;
const TRACK = 6;
const AXIS = 16;
const BAR = 3;
// At most this few seconds fill the whole width.
const CLOSEST_SECONDS = 10;
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const TICK_ROOM = 64;
// Layers that are rows below the lanes; the others lie on them.
const TRACKS = ["trouble", "mood", "rule", "topic", "calm"];

export class Waveform {
  constructor(section, player, legend) {
    this.canvas = section.querySelector("canvas");
    this.strip = section.querySelector(".strip");
    this.reach = section.querySelector(".reach");
    this.labels = section.querySelector(".lanes");
    this.title = this.canvas.title;
    this.player = player;
    this.legend = legend;
    this.lanes = [];
    this.zoom = 1;
    this.bars = null;
    this.waiting = false;
    this.laneCount = this.labels.children.length;
    this.size();
    legend.onChange(() => {
      this.size();
      this.draw();
    });
    player.onTime(() => {
      this.keepInView();
      this.draw();
    });
    this.strip.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => {
      // the canvas is as wide as what is seen of the axis, however far it reaches
      this.canvas.style.width = `${this.strip.clientWidth}px`;
      this.draw();
    }).observe(this.strip);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = null;
      this.draw();
    });
    for (const button of section.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoomBy(Number(button.dataset.zoom)));
    }
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      player.seek(this.timeAt(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) player.seek(this.timeAt(event));
      else this.tell(this.timeAt(event));
    });
  }

  async load(url) {
    const response = await fetch(url);
    if (!response.ok) return;
    const outline = await response.json();
    this.peakSeconds = outline.peak_seconds;
    this.lanes = outline.lanes.map((lane) => Uint8Array.from(atob(lane), (character) => character.charCodeAt(0)));
    this.loudest = this.lanes.reduce((loudest, lane) => lane.reduce((a, b) => Math.max(a, b), loudest), QUIET);
    this.laneCount = this.lanes.length || this.laneCount;
    this.bars = null;
    this.size();
    this.draw();
  }

  // The rows below the lanes, those of layers that are shown.
  get tracks() {
    return this.legend.shown.filter((layer) => TRACKS.includes(layer.key));
  }

  size() {
    const lanes = this.laneCount * LANE;
    this.labels.style.height = `${lanes}px`;
    this.canvas.style.height = `${lanes + 2 + this.tracks.length * TRACK + AXIS}px`;
  }

  get seconds() {
    return this.player.seconds || 1;
  }

  // From when on and for how long what is seen lasts.
  get view() {
    const span = this.seconds / this.zoom;
    const from = (this.strip.scrollLeft / (this.strip.clientWidth * this.zoom || 1)) * this.seconds;
    return { from: Math.min(from, this.seconds - span), span };
  }

  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const { from, span } = this.view;
    return from + ((event.clientX - box.left) / box.width) * span;
  }

  tell(time) {
    const names = this.legend.at(time, this.view.span / 300).map((layer) => layer.name.replace(/\s*\d+$/, ""));
    this.canvas.title = names.length ? `${clock(time)} ${names.join(" · ")}` : this.title;
  }

  zoomBy(factor) {
    const most = Math.max(1, 2 ** Math.floor(Math.log2(this.seconds / CLOSEST_SECONDS)));
    const zoom = Math.min(Math.max(this.zoom * factor, 1), most);
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    this.reach.style.width = `${100 * zoom}%`;
    this.centre();
    this.draw();
  }

  centre() {
    const { span } = this.view;
    this.scrollTo(this.player.time - span / 2);
  }

  scrollTo(time) {
    this.strip.scrollLeft = (time / this.seconds) * this.strip.clientWidth * this.zoom;
  }

  keepInView() {
    if (this.zoom === 1) return;
    const { from, span } = this.view;
    const { time } = this.player;
    if (time < from || time > from + 0.95 * span) this.scrollTo(time - 0.1 * span);
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const scale = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width) return;
    const { from, span } = this.view;
    const pixels = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== pixels[0] || this.canvas.height !== pixels[1]) {
      [this.canvas.width, this.canvas.height] = pixels;
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const axis = { x: (time) => ((time - from) / span) * width, from, span, width };
    const lanes = this.laneCount * LANE;
    this.paintOnLanes(pen, axis, lanes);
    this.paintBars(pen, axis);
    this.paintOverBars(pen, axis, lanes);
    this.tracks.forEach((layer, row) => {
      const top = lanes + 2 + row * TRACK;
      this.fill(pen, axis, layer.spans, this.colour(`span-${layer.key}`), top, TRACK - 1);
    });
    this.paintAxis(pen, axis, height);
    const now = axis.x(this.player.time);
    pen.fillStyle = this.colour("ink");
    pen.fillRect(Math.min(now, width - 1.5), 0, 1.5, height - AXIS + 3);
  }

  colour(name) {
    this.colours ??= new Map();
    if (!this.colours.has(name)) {
      this.colours.set(name, getComputedStyle(this.canvas).getPropertyValue(`--${name}`).trim());
    }
    return this.colours.get(name);
  }

  spansOf(key) {
    return this.legend.shown.find((layer) => layer.key === key)?.spans ?? [];
  }

  fill(pen, { x, from, span }, spans, colour, top, height) {
    pen.fillStyle = colour;
    for (const [start, end] of spans) {
      if (end < from || start > from + span) continue;
      pen.fillRect(x(start), top, Math.max(x(end) - x(start), 2), height);
    }
  }

  paintOnLanes(pen, axis, lanes) {
    this.fill(pen, axis, this.spansOf("silence"), this.colour("span-silence"), 0, lanes);
    this.fill(pen, axis, this.spansOf("long-silence"), this.colour("span-long-silence"), 0, lanes);
  }

  paintOverBars(pen, axis, lanes) {
    this.fill(pen, axis, this.spansOf("overlap"), this.colour("span-overlap"), lanes / 2 - 1.5, 3);
    for (const key of ["personal", "masked"]) {
      pen.strokeStyle = this.colour(`span-${key}`);
      for (const [start, end] of this.spansOf(key)) this.hatch(pen, axis.x(start), axis.x(end), lanes);
    }
  }

  paintBars(pen, axis) {
    const count = Math.floor(axis.width / BAR);
    const key = `${axis.from} ${axis.span} ${count}`;
    if (this.bars?.key !== key) this.bars = { key, lanes: this.lanes.map((peaks) => this.heights(peaks, axis, count)) };
    const played = axis.x(this.player.time);
    this.bars.lanes.forEach((heights, lane) => {
      const middle = (lane + 0.5) * LANE;
      pen.fillStyle = this.colour(`lane-${lane}`);
      heights.forEach((half, number) => {
        pen.globalAlpha = number * BAR < played ? 1 : 0.45;
        pen.fillRect(number * BAR, middle - half, BAR - 1, 2 * half);
      });
    });
    pen.globalAlpha = 1;
  }

  heights(peaks, { from, span }, count) {
    return Array.from({ length: count }, (_, number) => {
      const first = Math.floor((from + (span * number) / count) / this.peakSeconds);
      const end = Math.max(first + 1, Math.floor((from + (span * (number + 1)) / count) / this.peakSeconds));
      let loudest = 0;
      for (let at = first; at < end && at < peaks.length; at += 1) loudest = Math.max(loudest, peaks[at]);
      // The square root keeps soft voices visible beside loud ones.
      return Math.max(0.5, Math.sqrt(loudest / this.loudest) * (LANE / 2 - 2));
    });
  }

  hatch(pen, left, right, height) {
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, Math.max(right - left, 2), height);
    pen.clip();
    pen.beginPath();
    for (let at = left - height; at < right; at += 5) {
      pen.moveTo(at, height);
      pen.lineTo(at + height, 0);
    }
    pen.stroke();
    pen.restore();
  }

  paintAxis(pen, { x, from, span, width }, height) {
    const step = TICKS.find((seconds) => (seconds / span) * width >= TICK_ROOM) ?? TICKS.at(-1);
    const line = height - AXIS + 3;
    pen.font = `11px ${getComputedStyle(this.canvas).fontFamily}`;
    pen.textBaseline = "bottom";
    for (let time = Math.ceil(from / step) * step; time <= from + span; time += step) {
      const at = x(time);
      pen.fillStyle = this.colour("line");
      pen.fillRect(at, line, 1, 3);
      const label = clock(time);
      const room = pen.measureText(label).width;
      pen.fillStyle = this.colour("muted");
      pen.fillText(label, Math.min(Math.max(at - room / 2, 0), width - room), height);
    }
  }
}
