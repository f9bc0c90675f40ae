// The layers of the time axis: a button for each shows or hides it; `[` and `]` lead from mark to mark.
import { clock } from "./player.js";
import { recall, remember } from "./memory.js";

// A mark this close to the present position is the one that is heard already.
const HERE_SECONDS = 0.25;
// Hidden until somebody wants it: that nothing is wrong is no news.
const HIDDEN_AT_FIRST = "calm";

export class Legend {
  constructor(bar, player, list) {
    this.player = player;
    this.list = list;
    this.listeners = [];
    this.where = bar?.querySelector(".where");
    const hidden = new Set((recall("layers-hidden") ?? HIDDEN_AT_FIRST).split(" "));
    this.layers = [...(bar?.querySelectorAll("[data-layer]") ?? [])].map((button) => ({
      key: button.dataset.layer,
      name: button.textContent.trim(),
      button,
      shown: !hidden.has(button.dataset.layer),
      spans: button.dataset.spans.split(" ").map((span) => span.split(",").map(Number)),
    }));
    for (const layer of this.layers) {
      this.show(layer);
      layer.button.addEventListener("click", () => {
        layer.shown = !layer.shown;
        layer.shown ? hidden.delete(layer.key) : hidden.add(layer.key);
        remember("layers-hidden", [...hidden].join(" ").trim());
        this.show(layer);
        for (const listener of this.listeners) listener();
      });
    }
    bar?.addEventListener("click", (event) => {
      const button = event.target.closest("[data-jump]");
      if (button) this.jump(Number(button.dataset.jump));
    });
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  show(layer) {
    layer.button.setAttribute("aria-pressed", layer.shown);
    this.list?.classList.toggle(`without-${layer.key}`, !layer.shown);
  }

  get shown() {
    return this.layers.filter((layer) => layer.shown);
  }

  at(time, reach = 0) {
    return this.shown.filter((layer) =>
      layer.spans.some(([start, end]) => start - reach <= time && time <= end + reach),
    );
  }

  jump(step) {
    const now = this.player.time;
    const marks = this.shown.flatMap((layer) => layer.spans.map(([start]) => ({ start, layer })));
    const ahead = marks
      .filter(({ start }) => (start - now) * step > HERE_SECONDS)
      .sort((one, other) => (one.start - other.start) * step);
    if (!ahead.length) return;
    const [{ start }] = ahead;
    this.player.seek(start);
    const names = ahead.filter((mark) => mark.start === start).map(({ layer }) => layer.name.replace(/\s*\d+$/, ""));
    this.where.textContent = `${clock(start)} ${[...new Set(names)].join(" · ")}`;
  }
}
