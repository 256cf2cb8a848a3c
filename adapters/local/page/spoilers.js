// ||Covered|| text of a message is shown when it is pressed.
(() => {
  function uncover(event) {
    const covered = event.target.closest?.(".spoiler:not(.open)");
    if (!covered || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    covered.classList.add("open");
    for (const name of ["role", "tabindex", "aria-label", "aria-expanded"]) covered.removeAttribute(name);
  }
  document.addEventListener("click", uncover);
  document.addEventListener("keydown", uncover);
})();
