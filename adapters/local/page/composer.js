// The keyboard and the drafts of every box in which one writes. The text stays in the browser until it is sent.
window.cameo = window.cameo || {};
(() => {
  const KEPT = "cameo-draft/", MOST = 50, DAYS = 14;  // a draft that is older was given up; 50 fit into any browser
  const byTouch = matchMedia("(pointer: coarse)");    // as in chat apps: there Enter breaks, and the button sends
  const name = (box) => KEPT + box.dataset.draft;
  const boxesOf = (draft) => document.querySelectorAll(`textarea[data-draft="${CSS.escape(draft)}"]`);
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");

  function read(item) {
    try { return JSON.parse(localStorage.getItem(item)) || {}; } catch { return {}; }
  }

  function keep(box) {
    const draft = { text: box.value, at: Date.now(), key: box.dataset.key, to: box.dataset.to || "" };
    try {
      if (box.value === box.defaultValue) localStorage.removeItem(name(box));
      else localStorage.setItem(name(box), JSON.stringify(draft));
    } catch { /* no room, or not allowed: it stays on the page only */ }
  }

  function grow(box) {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  function begin(box) {
    box.dataset.key = newKey();
    box.enterKeyHint = byTouch.matches ? "enter" : "send";
    const draft = read(name(box));
    if (typeof draft.text === "string" && draft.text) {
      [box.value, box.dataset.key] = [draft.text, draft.key || box.dataset.key];
      if (draft.to) box.dispatchEvent(new CustomEvent("answering", { detail: draft.to }));
    }
    grow(box);
  }

  function send(box) {
    box.focus();
    if (box.dataset.busy || !box.value.trim()) return;
    box.dataset.busy = box.value;
    box.dispatchEvent(new CustomEvent("written", { detail: { text: box.value, key: box.dataset.key } }));
  }

  // What was typed while the text was on its way stays in the box.
  cameo.sent = (draft) => {
    localStorage.removeItem(KEPT + draft);
    for (const box of boxesOf(draft)) {
      const said = box.dataset.busy;
      box.value = said && box.value.startsWith(said) ? box.value.slice(said.length).trimStart() : "";
      [box.dataset.key, box.dataset.to] = [newKey(), ""];
      delete box.dataset.busy;
      keep(box);
      grow(box);
    }
  };
  cameo.failed = (draft) => boxesOf(draft).forEach((box) => delete box.dataset.busy);
  cameo.drop = (draft) => localStorage.removeItem(KEPT + draft);
  cameo.answering = (draft, to) => boxesOf(draft).forEach((box) => {
    box.dataset.to = to;
    keep(box);
  });

  // What tells this browser from others, so that nobody else can take its names.
  cameo.browser = () => {
    try { return localStorage["cameo-browser"] ||= newKey(); } catch { return null; }
  };

  let asking = null;  // the box that could not be sent without a name
  cameo.askName = () => {
    asking = document.activeElement;
    const field = document.querySelector(".name-field input");
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "center" });
  };

  function forgetOld() {
    const drafts = Object.keys(localStorage).filter((item) => item.startsWith(KEPT)).map((item) => [item, read(item).at || 0]);
    drafts.sort((one, other) => other[1] - one[1]);
    drafts.forEach(([item, at], place) => {
      if (place >= MOST || Date.now() - at > DAYS * 86400e3) localStorage.removeItem(item);
    });
  }

  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (event.key !== "Enter" || event.defaultPrevented) return;
    if (event.isComposing || event.keyCode === 229) return;  // it ends a word of an input method; 229: so Safari says it
    if (box.matches(".name-field input") && box.value.trim()) return asking?.focus();
    if (!box.matches("textarea[data-draft]")) return;
    const held = event.ctrlKey || event.metaKey;
    if (!held && (event.shiftKey || event.altKey || byTouch.matches)) return;
    event.preventDefault();
    if (!event.repeat) send(box);
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("textarea[data-draft]")) return;
    keep(event.target);
    grow(event.target);
  });
  document.addEventListener("click", (event) => {
    const sender = event.target.closest?.("[data-send]");
    if (sender) send(sender.closest(".composer").querySelector("textarea"));
  });
  new MutationObserver(() => document.querySelectorAll("textarea[data-draft]:not([data-key])").forEach(begin))
    .observe(document, { childList: true, subtree: true });
  try { forgetOld(); } catch { /* storage is not allowed */ }
})();
