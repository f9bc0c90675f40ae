// What the page remembers from call to call, where the browser lets it.

export function recall(name) {
  try {
    return localStorage.getItem(`desk.${name}`);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`desk.${name}`, value);
  } catch {
    // private windows may refuse: then nothing is remembered
  }
}
