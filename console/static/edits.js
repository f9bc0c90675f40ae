// The words as they are read, with figures, signs and hot words put in, or as they were recognised.

export function switchEdits(button, list) {
  if (!button || !list) return null;
  const edits = [...list.querySelectorAll(".edit")].map((element) => [element, element.textContent]);
  const toggle = () => {
    const recognised = list.classList.toggle("recognised");
    for (const [element, read] of edits) element.textContent = recognised ? element.dataset.said : read;
    button.setAttribute("aria-pressed", recognised);
  };
  button.hidden = false;
  button.addEventListener("click", toggle);
  return { toggle };
}

// The pieces of a text, each a text node with its place in what was recognised: that is what times are told for.
// An edit is one piece, as long as what was said there; what was put in has no length.
export function* recognisedPieces(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const edit = node.parentElement.closest(".edit");
    const length = edit ? edit.dataset.said.length : node.data.length;
    yield { node, at, length, whole: edit !== null };
    at += length;
  }
}
