// "@" in a box offers whom one can name here: a list box of the ARIA combobox pattern, by keys, mouse and touch.
(() => {
  const MOST = 8;  // as many as fit above a phone's keyboard
  // An "@" that begins a word, and what follows it; in Chinese and its like, words have no space before them.
  const ASKED = /(?:^|[^\p{L}\p{N}_@.+-]|[\p{scx=Han}\p{scx=Kana}])@([^\s@]{0,30}(?: [^\s@]{1,30})?)$/u;
  let box = null, list = null, found = [], at = 0, start = 0;

  // A command, and what follows its prefix.
  const COMMAND = /^\s*[!\/！／]\s*cameo\s+(.*)$/iu;
  let sign = "@";

  const named = (names, asked) => names.filter((name) => {
    const [low, wanted] = [name.toLowerCase(), asked.toLowerCase()];
    return low.startsWith(wanted) || low.split(/\s+/).some((word) => word.startsWith(wanted));
  }).slice(0, MOST);

  function close() {
    if (!box) return;
    list?.remove();
    for (const name of ["role", "aria-expanded", "aria-controls", "aria-haspopup", "aria-activedescendant"]) box.removeAttribute(name);
    [box, list, found] = [null, null, []];
  }

  function mark(place) {
    at = (place + found.length) % found.length;
    [...list.children].forEach((one, number) => one.setAttribute("aria-selected", number === at));
    list.children[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", `name-${at}`);
  }

  function take(place) {
    const [into, name] = [box, found[place]];
    const end = into.selectionStart;
    close();
    into.setRangeText(`${sign}${name} `, start, end, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
    close();
  }

  function open(into) {
    [box, list] = [into, document.createElement("ul")];
    [list.id, list.className] = ["names", "names"];
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "@");
    found.forEach((name, place) => {
      const one = list.appendChild(document.createElement("li"));
      [one.id, one.textContent, one.dir] = [`name-${place}`, name, "auto"];
      one.setAttribute("role", "option");
      one.addEventListener("pointerdown", (event) => event.preventDefault());  // the box keeps the focus
      one.addEventListener("click", () => take(place));
    });
    const shown = { role: "combobox", "aria-expanded": "true", "aria-controls": "names", "aria-haspopup": "listbox" };
    for (const [name, value] of Object.entries(shown)) box.setAttribute(name, value);
    document.body.append(list);
    const around = box.closest(".composer").getBoundingClientRect();
    const below = innerHeight - around.bottom > list.offsetHeight + 70 || around.top < list.offsetHeight;  // 70: a phone's rooms
    list.style.left = `${around.left + scrollX}px`;
    list.style.top = `${scrollY + (below ? around.bottom + 4 : around.top - list.offsetHeight - 4)}px`;
    mark(0);
  }

  function suggest(into, begun) {
    const lines = JSON.parse(document.querySelector("[data-commands]")?.dataset.commands || "[]");
    const wanted = begun.toLowerCase().trimStart();
    [sign, start] = ["", into.selectionStart - begun.length];
    found = lines.filter((line) => line.startsWith(wanted) && line.length > wanted.trimEnd().length).slice(0, MOST);
    if (found.length) open(into);
  }

  function look(event) {
    const into = event.target;
    if (event.isComposing || !into.matches?.("textarea[data-draft]")) return;
    close();
    const before = into.value.slice(0, into.selectionStart);
    const command = COMMAND.exec(before);
    if (command) return suggest(into, command[1]);
    const asked = ASKED.exec(before);
    if (!asked) return;
    sign = "@";
    start = into.selectionStart - asked[1].length - 1;
    found = named(JSON.parse(document.querySelector("[data-names]")?.dataset.names || "[]"), asked[1]);
    const whole = found.length === 1 && found[0].toLowerCase() === asked[1].toLowerCase();
    if (found.length && !whole) open(into);
  }

  addEventListener("keydown", (event) => {
    if (!box || event.target !== box || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    const keys = {
      ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Escape: close,
      Enter: () => take(at), Tab: () => take(at),
    };
    if (!keys[event.key] || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }, true);
  document.addEventListener("input", look);
  document.addEventListener("compositionend", (event) => setTimeout(() => look(event)));
  document.addEventListener("focusout", close);
  addEventListener("resize", close);
})();
