// Back, Forward and links. Each entry of the browser's history keeps the message at the top of the window and its
// distance from it, so that coming back shows the same text at the same height, however the page has grown meanwhile.
window.cameo = window.cameo || {};
(() => {
  const ARRIVE_MS = 5000;  // the room is drawn by then, or its message is gone
  const SAVE_MS = 150;     // after the last scroll; browsers bound how often the state may change
  history.scrollRestoration = "manual";

  function save() {
    const seen = [...document.querySelectorAll("article[data-id]")].find((one) => one.getBoundingClientRect().bottom > 0);
    if (!seen || scrollY < 20) history.replaceState({}, "");
    else history.replaceState({ at: seen.dataset.id, top: seen.getBoundingClientRect().top }, "");
  }

  // What the address and the state of the current entry say.
  cameo.place = () => {
    const address = new URLSearchParams(location.search);
    let post = address.get("post") || "";
    try { post = decodeURIComponent(location.hash.slice(1)) || post; } catch { /* not written by us */ }
    return { room: address.get("room") || "", post, ...history.state };
  };

  cameo.go = (address) => {
    if (address !== location.pathname + location.search + location.hash) history.pushState(null, "", address);
    scrollTo(0, 0);
  };

  // Scrolls to a message as soon as it is drawn: to where it was, or to the middle, marked.
  cameo.arrive = ([id, top]) => {
    const until = performance.now() + ARRIVE_MS;
    const look = () => {
      const found = document.querySelector(`article[data-id="${CSS.escape(id)}"]`);
      if (!found) return performance.now() < until && requestAnimationFrame(look);
      if (top !== null) return scrollBy(0, found.getBoundingClientRect().top - top);
      document.querySelectorAll(".pointed").forEach((one) => one.classList.remove("pointed"));
      found.tabIndex = -1;
      found.focus({ preventScroll: true });
      found.scrollIntoView({ block: found.offsetHeight > innerHeight * 0.8 ? "start" : "center" });
      found.classList.add("pointed");
    };
    look();
  };

  let timer;
  addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(save, SAVE_MS); }, { passive: true });
  addEventListener("popstate", () => { clearTimeout(timer); emitEvent("place", cameo.place()); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || to.pathname !== "/" || link.target) return;
    event.preventDefault();
    cameo.go(to.pathname + to.search + to.hash);
    emitEvent("place", cameo.place());
  });
})();
