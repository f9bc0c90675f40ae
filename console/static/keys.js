// Keys for work without the mouse. They are left to whatever field or button has the focus.

const STEP_SECONDS = 5;

export function listenToKeys(player) {
  const go = (rel) => document.querySelector(`link[rel=${rel}]`)?.href;
  const actions = {
    " ": () => player?.toggle(),
    ArrowLeft: () => player?.seek(player.time - STEP_SECONDS),
    ArrowRight: () => player?.seek(player.time + STEP_SECONDS),
    j: () => follow(go("next")),
    k: () => follow(go("prev")),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function follow(address) {
  if (address) location.assign(address);
}
