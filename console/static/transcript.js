// The transcript follows the audio; a click on an utterance seeks to it.

// After the reader has scrolled, the transcript leaves the page to them for so long.
const HANDS_OFF_MS = 5000;

export function followAlong(list, player) {
  if (!list) return;
  const lines = [...list.querySelectorAll(".line")];
  let current = null;
  let readerScrolled = -Infinity;

  for (const name of ["wheel", "touchmove"]) {
    list.addEventListener(name, () => { readerScrolled = performance.now(); }, { passive: true });
  }

  list.addEventListener("click", (event) => {
    const line = event.target.closest(".line");
    const selecting = !document.getSelection().isCollapsed;
    if (line && !selecting && !event.target.closest("[data-seek]")) player.seek(Number(line.dataset.start));
  });

  player.onTime(() => {
    const spoken = lines.findLast((line) => Number(line.dataset.start) <= player.time + 0.05);
    const line = spoken && player.time <= Number(spoken.dataset.end) + 0.3 ? spoken : null;
    if (line === current) return;
    current?.removeAttribute("aria-current");
    current = line;
    if (!line) return;
    line.setAttribute("aria-current", "true");
    if (performance.now() - readerScrolled < HANDS_OFF_MS) return;
    // Only the list scrolls: the page itself must not jump away from the form.
    const middle = line.offsetTop - (list.clientHeight - line.offsetHeight) / 2;
    list.scrollTo({ top: middle, behavior: "smooth" });
  });
}
