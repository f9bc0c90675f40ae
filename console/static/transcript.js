// The transcript follows the audio; a click on a word seeks to it.
import { recognisedPieces } from "./edits.js";

// The word is heard from a little before its time: those of recognisers are not exact.
const BEFORE_SECONDS = 0.05;
// How long an utterance stays lit after its end.
const AFTER_SECONDS = 0.3;
// Who goes back later than this after the beginning of an utterance wants to hear it again, and not the one before.
const AGAIN_SECONDS = 1;

export function followAlong(list, player) {
  if (!list) return null;
  const lines = [...list.querySelectorAll(".line")];
  const starts = lines.map((line) => Number(line.dataset.start));
  const button = list.parentElement.querySelector(".follow");
  let current = null; // what is being said
  let latest = null; // what was said last: in silences the list stays there
  let following = true;

  const follow = (yes) => {
    following = yes;
    button.hidden = yes || !latest;
  };
  const centre = () => {
    // Only the list scrolls: the page itself must not jump away from the form.
    const middle = latest.offsetTop - (list.clientHeight - latest.offsetHeight) / 2;
    list.scrollTo({ top: middle, behavior: "smooth" });
  };
  const visible = (line) =>
    line.offsetTop + line.offsetHeight > list.scrollTop && line.offsetTop < list.scrollTop + list.clientHeight;
  // What the reader scrolls by; our own scrolling fires none of these.
  const scrolled = () => requestAnimationFrame(() => follow(!latest || visible(latest)));
  for (const name of ["wheel", "touchmove", "keydown", "pointerup"]) {
    list.addEventListener(name, scrolled, { passive: true });
  }
  button.addEventListener("click", () => {
    follow(true);
    if (latest) centre();
    list.focus({ preventScroll: true });
  });
  player.onSeek(() => follow(true));

  list.addEventListener("click", (event) => {
    const line = event.target.closest(".line");
    const selecting = !document.getSelection().isCollapsed;
    if (!line || selecting || event.target.closest("[data-seek]")) return;
    player.seek(timeOfWord(line, event) ?? Number(line.dataset.start));
  });

  player.onTime(() => {
    const time = player.time + BEFORE_SECONDS;
    const spoken = lines[lastAtOrBefore(starts, time)] ?? null;
    const line = spoken && player.time <= Number(spoken.dataset.end) + AFTER_SECONDS ? spoken : null;
    showWord(line, time);
    if (line !== current) {
      current?.removeAttribute("aria-current");
      current = line;
      line?.setAttribute("aria-current", "true");
    }
    if (spoken === latest) return;
    latest = spoken;
    if (following && latest) centre();
    else follow(following);
  });

  return {
    // To the beginning of the next utterance, or of this one or the one before.
    step(by) {
      const time = player.time + BEFORE_SECONDS;
      const here = lastAtOrBefore(starts, time);
      const to = by > 0 ? here + 1 : here - (time - starts[here] > AGAIN_SECONDS ? 0 : 1);
      if (to < starts.length) player.seek(starts[Math.max(to, 0)] ?? 0);
    },
  };
}

function lastAtOrBefore(ascending, value) {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// When the words of a line begin: place in its text and seconds, as the server wrote them.
function wordsOf(line) {
  line.words ??= (line.querySelector("p").dataset.times.match(/\S+/g) ?? []).map((word) => word.split(":").map(Number));
  return line.words;
}

function timeOfWord(line, { clientX, clientY }) {
  const place = document.caretPositionFromPoint
    ? document.caretPositionFromPoint(clientX, clientY)
    : document.caretRangeFromPoint?.(clientX, clientY);
  const node = place?.offsetNode ?? place?.startContainer;
  const text = line.querySelector("p");
  if (!node || !text.contains(node)) return null;
  const piece = [...recognisedPieces(text)].find((each) => each.node === node);
  if (!piece) return null;
  const at = piece.at + (piece.whole ? 0 : (place.offset ?? place.startOffset));
  const words = wordsOf(line);
  // a click on the first half of a character is a caret before it
  return words[lastAtOrBefore(words.map(([start]) => start), at)]?.[1] ?? null;
}

// The word that is heard, where browsers can light a part of a text without changing the page.
function showWord(line, time) {
  if (!globalThis.Highlight || !CSS.highlights) return;
  const words = line ? wordsOf(line) : [];
  const number = lastAtOrBefore(words.map(([, at]) => at), time);
  const key = number < 0 ? "" : `${line.id}:${number}`;
  if (key === showWord.key) return;
  showWord.key = key;
  if (!key) {
    CSS.highlights.delete("heard");
    return;
  }
  const text = line.querySelector("p");
  const [start] = words[number];
  const end = words[number + 1]?.[0] ?? Infinity;
  CSS.highlights.set("heard", new Highlight(rangeOf(text, start, end)));
}

// The range that shows the given places of what was recognised; an edit is lit as a whole.
function rangeOf(element, start, end) {
  const range = document.createRange();
  let open = false;
  for (const { node, at, length, whole } of recognisedPieces(element)) {
    if (length === 0 || at + length <= start || at >= end) continue;
    if (!open) range.setStart(node, whole ? 0 : Math.max(start - at, 0));
    open = true;
    range.setEnd(node, whole ? node.data.length : Math.min(end - at, length));
  }
  return range;
}
