/* Texts about time, kept right in the browser, in the reader's zone and locale, without a message from the server:
   <time datetime=MOMENT>                                     "5 min ago"; the whole date as its title
   <... data-until=MOMENT data-waiting="... {left}" data-over="...">  counts down, then says `over`
   <... data-until=MOMENT data-waiting="... {at}" data-over="...">    names the moment
   The words and the server's moment come from the page (clock.py). */
const cameoClock = {
  words: {},  // by key: "now", "minutes" ...; see clock.py
  locale: "en",
  ahead: 0,  // milliseconds by which the server's clock is ahead of this one

  begin(words, language) {
    this.words = words;
    const own = navigator.languages.find((one) => one.toLowerCase().startsWith(language.slice(0, 2)));
    this.locale = own || language;
    setInterval(() => this.tick(), 1000);
    document.addEventListener("visibilitychange", () => this.tick());  // a hidden tab ticks slowly
  },

  set(moment) {
    this.ahead = moment - Date.now();
    this.tick();
  },

  tick() {
    const now = Date.now() + this.ahead;
    for (const tag of document.querySelectorAll("time[datetime]")) this.showAge(tag, new Date(tag.dateTime), now);
    for (const tag of document.querySelectorAll("[data-until]")) this.showWait(tag, new Date(tag.dataset.until), now);
  },

  showAge(tag, at, now) {
    write(tag, this.age(at, Math.max(0, (now - at) / 1000)));
    if (tag.dataset.titled !== tag.dateTime) {
      tag.title = this.date(at, { dateStyle: "full", timeStyle: "short" });
      tag.dataset.titled = tag.dateTime;
    }
  },

  showWait(tag, until, now) {
    const seconds = Math.ceil((until - now) / 1000);
    const at = this.date(until, { weekday: "short", hour: "numeric", minute: "2-digit" });
    const waiting = tag.dataset.waiting.replace("{left}", this.left(seconds)).replace("{at}", at);
    write(tag, seconds > 0 ? waiting : tag.dataset.over);
  },

  age(at, seconds) {
    if (seconds < 60) return this.words.now;
    if (seconds < 3600) return this.count("minutes", seconds / 60);
    if (seconds < 86400) return this.count("hours", seconds / 3600);
    return seconds < 7 * 86400 ? this.count("days", seconds / 86400) : this.date(at, { dateStyle: "medium" });
  },

  left(seconds) {
    if (seconds <= 120) return this.count("left_seconds", seconds);
    if (seconds <= 7200) return this.count("left_minutes", Math.ceil(seconds / 60));
    return this.count("left_hours", Math.ceil(seconds / 3600));
  },

  count(key, number) {
    return this.words[key].replace("{count}", Math.floor(number));
  },

  date(at, style) {
    return new Intl.DateTimeFormat(this.locale, style).format(at);
  },
};

function write(tag, text) {
  if (tag.textContent !== text) tag.textContent = text;
}
