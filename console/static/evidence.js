// Evidence is one line each until it is unfolded.

export function foldEvidence(panel) {
  const button = panel?.querySelector(".expand");
  if (!button) return null;
  const toggle = () => {
    const folded = panel.classList.toggle("folded");
    button.setAttribute("aria-expanded", !folded);
  };
  button.hidden = false;
  button.addEventListener("click", toggle);
  toggle();
  return {
    toggle() {
      toggle();
      if (!panel.classList.contains("folded")) panel.scrollIntoView({ block: "nearest" });
    },
  };
}
