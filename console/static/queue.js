// One key to the next call.
const next = document.getElementById("next");
if (next) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key !== "Enter" || event.target.closest("a, button, input, select, textarea")) return;
    event.preventDefault();
    location.assign(next.href);
  });
}
