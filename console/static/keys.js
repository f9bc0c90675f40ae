// Keys for work without the mouse. They are left to whatever field has the focus.

const STEP_SECONDS = 5;
const MOVES_IN_CHOICES = new Set([" ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

export function listenToKeys({ player, legend, waveform, words, evidence, edits }) {
  const help = document.querySelector(".keys-help");
  const go = (rel) => follow(document.querySelector(`link[rel=${rel}]`)?.href);
  const speed = (key) => player?.setSpeed(key === "0" ? "0.75" : String(1 + (Number(key) - 1) / 4));
  const actions = {
    " ": () => player?.toggle(),
    ArrowLeft: () => player?.seek(player.time - STEP_SECONDS),
    ArrowRight: () => player?.seek(player.time + STEP_SECONDS),
    j: () => go("next"),
    k: () => go("prev"),
    e: () => evidence?.toggle(),
    o: () => edits?.toggle(),
    s: save,
    ",": () => words?.step(-1),
    ".": () => words?.step(1),
    "[": () => legend?.jump(-1),
    "]": () => legend?.jump(1),
    "+": () => waveform?.zoomBy(2),
    "=": () => waveform?.zoomBy(2),
    "-": () => waveform?.zoomBy(0.5),
    "?": () => help?.showModal(),
  };
  // what the keys give while Chinese is typed
  for (const [wide, key] of ["，,", "。.", "【[", "】]", "？?"]) actions[wide] = actions[key];
  for (const key of "0123456789") actions[key] = () => speed(key);

  document.querySelector(".show-keys")?.addEventListener("click", actions["?"]);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey || help?.open) return;
    if (event.ctrlKey) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      save();
      return;
    }
    if (belongsToFocus(event)) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function belongsToFocus({ target, key }) {
  if (target.closest("textarea, select, [contenteditable]")) return true;
  if (target.matches("input[type=radio], input[type=checkbox]")) return MOVES_IN_CHOICES.has(key);
  if (target.matches("input")) return target.type !== "range";
  return key === " " && target.closest("button, a, summary") !== null;
}

// The button belongs to the verdict's form.
function save() {
  document.querySelector("form button[aria-keyshortcuts=S]")?.click();
}

function follow(address) {
  if (address) location.assign(address);
}
