// The form of a call: one key for an answer, the score at once, the draft kept, nothing lost.
import { Keeper } from "./keeper.js";

const form = document.querySelector("form.sheet");
if (form) open(form);

function open(form) {
  const items = [...form.querySelectorAll(".item")];
  const keeper = new Keeper(form);
  form.classList.add("live");

  const shown = () => items.filter((item) => !item.hidden);
  const typed = (item) => item.querySelector("[name^='points.']")?.value.trim() ?? "";
  const picked = (item) => item.querySelector("input[type=radio]:checked");
  const chosen = (item) => typed(item) || picked(item)?.value || item.querySelector("select")?.value || "";

  // ----- the score -----
  function pointsOf(item) {
    const weight = Number(item.dataset.weight);
    const value = chosen(item);
    if (value === "pass") return weight;
    if (value === "fail") return 0;
    if (value === "na") return null;
    const number = value === "" ? Number(item.dataset.proposedPoints ?? NaN) : Number(value);
    return Number.isFinite(number) ? Math.min(Math.max(number, 0), weight) : null;
  }

  function count() {
    const failed = [];
    let sum = 0;
    let total = 0;
    for (const part of form.querySelectorAll(".part")) {
      let points = 0;
      let weights = 0;
      for (const item of part.querySelectorAll(".scored")) {
        const got = pointsOf(item);
        const fatal = got === 0 && "fatal" in item.dataset;
        item.classList.toggle("failing", fatal);
        if (fatal) failed.push(item.querySelector(".name").textContent);
        if (got === null) continue;
        points += got;
        weights += Number(item.dataset.weight);
      }
      if (!weights) continue;
      const weight = Number(part.dataset.weight ?? weights);
      sum += (weight * points) / weights;
      total += weight;
    }
    const score = form.querySelector("#score");
    if (!score) return;
    score.textContent = failed.length ? "0.0" : total ? ((100 * sum) / total).toFixed(1) : "—";
    score.classList.toggle("failed", failed.length > 0);
    const fatal = form.querySelector("#fatal");
    fatal.hidden = failed.length === 0;
    fatal.textContent = fatal.dataset.words + failed.join("、");
    const scored = [...form.querySelectorAll(".scored")];
    const answered = form.querySelector("#answered");
    answered.textContent = answered.dataset.words
      .replace("{done}", scored.filter(chosen).length).replace("{total}", scored.length);
    form.querySelector("#as-machine").hidden = !scored.some((item) => !chosen(item) && proposal(item));
  }

  function refresh() {
    const severity = items.find((item) => item.dataset.item === "severity");
    const complaint = form.querySelector("[name=complaint]:checked")?.value;
    severity.hidden = complaint !== "yes";
    if (severity.hidden) severity.querySelector("[value='']").checked = true;
    for (const item of items) item.classList.toggle("answered", chosen(item) !== "");
    discard.hidden = !items.some((item) => chosen(item)) && !texts.some((text) => text.value.trim());
    disarm();
    count();
  }

  // ----- throwing it away: the first press asks, the second does it -----
  const discard = document.getElementById("discard");
  const texts = [...form.querySelectorAll("textarea, .note")];
  const ask = discard.textContent;
  function disarm() {
    discard.textContent = ask;
    delete discard.dataset.armed;
  }
  discard.addEventListener("blur", disarm);
  discard.addEventListener("click", async () => {
    if (!discard.dataset.armed) {
      discard.dataset.armed = "yes";
      discard.textContent = discard.dataset.sure;
      return;
    }
    disarm();
    const to = await keeper.discard();
    if (to) location.assign(to);
  });

  function changed() {
    refresh();
    keeper.changed();
  }

  // ----- answers -----
  const proposal = (item) => item.querySelector(".proposed input") ?? item.querySelector("select[data-proposed]:not([data-proposed=''])");

  function pick(item, input) {
    if (!input) return false;
    if (input.matches("select")) input.value = input.dataset.proposed;
    else input.checked = true;
    const partial = item.querySelector("[name^='points.']");
    if (partial) partial.value = "";
    changed();
    return true;
  }

  function enter(item) {
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  function step(item, by) {
    const list = shown();
    const next = list[list.indexOf(item) + by];
    if (next) enter(next);
    else if (by > 0) form.querySelector(".foot .button").focus();
  }

  const firstOpen = () => shown().find((item) => !chosen(item)) ?? shown()[0];

  function restAsMachine() {
    for (const item of shown()) if (!chosen(item)) pick(item, proposal(item));
  }

  function stamp(item, second) {
    const hidden = item.querySelector("[name^='at.']");
    const button = item.querySelector(".stamp");
    hidden.value = second === null ? "" : second.toFixed(1);
    button.textContent = second === null ? "@" : `@${Math.floor(second / 60)}:${String(Math.floor(second % 60)).padStart(2, "0")}`;
    keeper.changed();
  }

  const hearing = () => document.querySelector("audio")?.currentTime ?? 0;

  function hear(item) {
    const place = item.querySelector(".evidence");
    if (!place) return;
    place.click();
    const audio = document.querySelector("audio");
    if (audio?.paused) audio.play();
  }

  function comment(item) {
    const note = item.querySelector(".note");
    if (!note) return form.querySelector("textarea").focus();
    if (!note.value && !item.querySelector("[name^='at.']").value && hearing() > 0) stamp(item, hearing());
    note.focus();
  }

  function onItem(item, event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^\d$/.test(key)) {
      // a number that means nothing here is not a speed either
      if (pick(item, item.querySelector(`[data-key='${key}']`))) step(item, 1);
      return true;
    }
    switch (key) {
      case "g":
        if (event.shiftKey) restAsMachine();
        else if (pick(item, proposal(item))) step(item, 1);
        return true;
      case "ArrowDown": step(item, 1); return true;
      case "ArrowUp": step(item, -1); return true;
      case "c": comment(item); return true;
      case "e": hear(item); return true;
      case "Escape": document.activeElement.blur(); return true;
    }
    return false;
  }

  const writing = (target) => target.closest("textarea, select, input:not([type=radio])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const item = event.target.closest(".sheet .item");
    const inText = writing(event.target);
    let taken = false;
    if (inText) {
      if (event.key === "Escape" || (event.key === "Enter" && item && !inText.matches("select"))) {
        // leaves the field; Enter would send the whole form
        if (item) enter(item);
        else inText.blur();
        taken = true;
      }
    } else if (item && onItem(item, event)) taken = true;
    else if (event.key.toLowerCase() === "a" && !event.shiftKey) { enter(firstOpen()); taken = true; }
    else if (event.key.toLowerCase() === "s" && !event.shiftKey) { form.requestSubmit(); taken = true; }
    else if (event.key.toLowerCase() === "g" && event.shiftKey) { restAsMachine(); taken = true; }
    if (taken) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, { capture: true });

  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => {
    const item = event.target.closest(".scored");
    if (item && event.target.name.startsWith("points.") && event.target.value.trim()) {
      const radio = picked(item);
      if (radio) radio.checked = false;
    }
    changed();
  });
  form.addEventListener("click", (event) => {
    const item = event.target.closest(".item");
    if (item && event.target.matches("input[type=radio]")) {
      const partial = item.querySelector("[name^='points.']");
      if (partial) partial.value = "";
      changed();
      // a click leaves the keys to the item; who walks by Tab and arrows stays on the radio
      if (event.detail > 0) item.focus({ preventScroll: true });
    }
    if (event.target.matches(".stamp")) {
      stamp(item, item.querySelector("[name^='at.']").value ? null : hearing());
    }
    if (event.target.id === "as-machine") restAsMachine();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const inForm = form.contains(document.activeElement);
    keeper.send().then((to) => {
      if (!to) return;
      sessionStorage.setItem("huawu-answering", inForm ? "1" : "");
      location.assign(to);
    });
  });

  keeper.onRestore = refresh;
  keeper.recover();
  refresh();
  if (form.querySelector("[aria-invalid]")) form.querySelector("[aria-invalid]").focus();
  else if (sessionStorage.getItem("huawu-answering")) enter(firstOpen());
}
