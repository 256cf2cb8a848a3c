// Where the focus goes: by arrow keys among emoji, and on from what has been taken away.
window.cameo = window.cameo || {};
(() => {
  const DELETED_MS = 5000;  // the message is gone by then, or could not be deleted

  cameo.focusOn = (one) => {
    if (!one.matches("button, a, textarea")) one.tabIndex = -1;
    one.focus();
  };
  cameo.write = (box) => {
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  };

  // To the message itself while something is left of it, else the next, the one before, or the heading of the room.
  function followDeletion(id) {
    const all = [...document.querySelectorAll("article[data-id]")];
    const at = all.findIndex((one) => one.dataset.id === id), gone = all[at];
    const others = [...all.slice(at + 1), ...all.slice(0, at).reverse(), document.querySelector("h1")];
    const until = performance.now() + DELETED_MS;
    const look = () => {
      if (gone?.isConnected && !gone.querySelector(".gone")) return performance.now() < until && requestAnimationFrame(look);
      const next = [gone, ...others].find((one) => one?.isConnected);
      if (document.activeElement === document.body || !document.activeElement?.isConnected) cameo.focusOn(next);
    };
    look();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-deletes]");
    if (button) followDeletion(button.dataset.deletes);
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".picker");
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!row || !(step || ["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    const all = [...row.querySelectorAll("button")], at = all.indexOf(event.target.closest("button"));
    if (step) all[at < 0 ? 0 : (at + step + all.length) % all.length].focus();
    else all.at(event.key === "Home" ? 0 : -1).focus();
  });
})();
