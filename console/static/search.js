// Finding calls by keyboard: / goes to the box, J and K from call to call, Enter opens one.

const box = document.querySelector("input[name=q]");
const links = [...document.querySelectorAll(".results a.open")];

const typing = (target) => target.closest("input, select, textarea, button, summary, a:not(.open)");

function go(step) {
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || typing(event.target)) return;
  if (event.key === "/" && box) box.select();
  else if (event.key === "j" || event.key === "J") go(1);
  else if (event.key === "k" || event.key === "K") go(-1);
  else return;
  event.preventDefault();
});

for (const link of links) {
  link.addEventListener("focus", () => link.closest("tr").classList.add("current"));
  link.addEventListener("blur", () => link.closest("tr").classList.remove("current"));
}

// Fields that were left empty would only make the address long.
document.querySelector("form.search")?.addEventListener("submit", (event) => {
  for (const field of event.target.elements) field.disabled = field.name !== "" && field.value === "";
  // the form comes back as it was by the browser's back button
  setTimeout(() => { for (const field of event.target.elements) field.disabled = false; });
});
