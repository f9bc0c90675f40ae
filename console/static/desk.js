// The page of one call: everything on it works on one audio element.
import { Player } from "./player.js";
import { Waveform } from "./waveform.js";
import { followAlong } from "./transcript.js";
import { listenToKeys } from "./keys.js";

const section = document.getElementById("player");
const player = section ? new Player(section) : null;

if (player) {
  const waveform = new Waveform(section.querySelector("canvas"), player);
  waveform.load(section.dataset.peaks);
  followAlong(document.querySelector(".lines"), player);
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-seek]");
    if (place) player.seek(Number(place.dataset.seek));
  });
}
listenToKeys(player);
