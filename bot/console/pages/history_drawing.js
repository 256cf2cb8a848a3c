// Draws what a trial has found. Everything that people wrote is set as text, never as HTML.
"use strict";
const given = JSON.parse(document.getElementById("given").textContent);

// As bot/explain/words.py: {count|row|rows} is "row" if the value is 1.
const say = (key, values = {}) => (given.words[key] ?? key)
  .replace(/\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g, (whole, name, one, many) =>
    one === undefined ? values[name] ?? whole : String(values[name]) === "1" ? one : many);
const count = (number) => number.toLocaleString(given.language);
const percent = (share) => new Intl.NumberFormat(given.language, {
  style: "percent", maximumSignificantDigits: share < 0.1 ? 2 : 3 }).format(share);
const usd = (amount) => new Intl.NumberFormat(given.language, { style: "currency", currency: "USD" }).format(amount);
const day = (at) => new Date(at).toLocaleDateString(given.language, { dateStyle: "medium" });
const moment = (at) => new Date(at).toLocaleString(given.language, { dateStyle: "medium", timeStyle: "short" });

// A length of time as people say it: "40 s", "74 min", "3.2 h".
function lasting(seconds) {
  if (seconds < 120) return say("history.seconds", { count: count(Math.round(seconds)) });
  if (seconds < 3 * 3600) return say("history.minutes", { count: count(Math.round(seconds / 60)) });
  return say("history.hours", { count: count(Math.round(seconds / 360) / 10) });
}

function make(tag, how = {}, ...children) {
  const { text, on = {}, ...attributes } = how;
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  if (text !== undefined) made.textContent = text;
  for (const [event, act] of Object.entries(on)) made.addEventListener(event, act);
  made.append(...children);
  return made;
}

const button = (text, act, how = {}) => make("button", { type: "button", class: "quiet", text, on: { click: act }, ...how });

// --- what the history holds ---

function summary(found, state, remove) {
  const spans = { messages: count(found.messages), people: count(found.people), rooms: count(found.room_count),
    begin: day(found.begin), end: day(found.end) };
  const notes = [];
  if (found.is_cut) notes.push(say("history.cut"));
  if (found.broken) notes.push(say("history.broken", { count: count(found.broken) }));
  const complaints = found.complaints.map((one) => make("li", { text: one, dir: "auto" }));
  return make("section", { class: "card summary" },
    make("p", { text: say("history.holds", spans) }),
    ...notes.map((text) => make("p", { class: "soft", text })),
    ...(complaints.length ? [make("details", {}, make("summary", { text: say("history.complaints") }), make("ul", {}, ...complaints))] : []),
    make("p", { class: "soft row" },
      make("span", { text: say("history.gone_at", { at: new Date(state.expires).toLocaleTimeString(given.language, { timeStyle: "short" }) }) }),
      button(say("history.delete"), remove, { id: "delete" })));
}

const SHOWN_QUESTIONS = 5; // before "show all": as many as fit beside what follows

function questions(found) {
  const share = { unanswered: count(found.unanswered), asked: count(found.asked), hours: count(found.horizon_hours) };
  const rows = found.questions.map((one, number) => make("li", { hidden: number >= SHOWN_QUESTIONS },
    make("q", { text: one.text, dir: "auto" }),
    make("span", { class: "soft", text: `${one.name} · #${one.room} · ${day(one.at)}`, dir: "auto" })));
  const card = make("section", { class: "card questions" },
    make("h2", { text: say("history.questions") }),
    make("p", { class: "big-number" }, make("strong", { text: count(found.unanswered) }),
      make("span", { text: say(found.asked ? "history.unanswered" : "history.no_question", share) })),
    make("ol", {}, ...rows));
  if (rows.length > SHOWN_QUESTIONS) {
    const all = button(say("history.show_all", { count: count(rows.length) }), () => {
      rows.forEach((row) => { row.hidden = false; });
      all.remove();
    });
    card.append(all);
  }
  return card;
}

// --- the picture: replies over time, those that helped above the line, those that took a person's place below ---

const UP = ["helped", "asked", "unknown"], DOWN = ["pre_empted", "late"];
const WIDE = 480, HALF = 70, SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

class Picture {
  constructor(found) {
    this.box = make("figure", { class: "picture" });
    this.plot = svg("svg", { viewBox: `0 0 ${WIDE} ${2 * HALF + 1}`, role: "img", preserveAspectRatio: "none" });
    this.bars = [];
    this.top = 1; // the tallest column of all steps so far: one scale, so that steps can be compared
    this.plot.append(svg("line", { x1: 0, x2: WIDE, y1: HALF, y2: HALF, class: "axis" }));
    const span = make("p", { class: "span soft" }, make("span", { text: day(found.begin) }), make("span", { text: day(found.end) }));
    this.box.append(this.plot, span);
  }

  scale(results) {
    for (const { columns } of results)
      for (const column of columns)
        for (const kinds of [UP, DOWN]) this.top = Math.max(this.top, kinds.reduce((sum, kind) => sum + (column[kind] ?? 0), 0));
  }

  draw(result) {
    const width = WIDE / result.columns.length;
    result.columns.forEach((column, number) => {
      const bars = (this.bars[number] ??= this.begin(number, width));
      let above = HALF, below = HALF + 1;
      for (const [kind, height] of this.heights(column, UP)) this.put(bars[kind], above -= height, height);
      for (const [kind, height] of this.heights(column, DOWN)) below += this.put(bars[kind], below, height);
    });
    this.plot.setAttribute("aria-label", say("history.picture", { helped: count(result.helped), pre_empted: count(result.pre_empted) }));
  }

  // Height by the square root of the number, so that few replies are seen beside many.
  heights(column, kinds) {
    const whole = kinds.reduce((sum, kind) => sum + (column[kind] ?? 0), 0);
    const each = whole && HALF * Math.sqrt(whole / this.top) / whole;
    return kinds.map((kind) => [kind, (column[kind] ?? 0) * each]);
  }

  begin(number, width) {
    return Object.fromEntries([...UP, ...DOWN].map((kind) => {
      const bar = svg("rect", { x: number * width + 0.5, width: width - 1, height: 1, class: kind });
      this.plot.append(bar);
      return [kind, bar];
    }));
  }

  put(bar, y, height) {
    bar.style.transform = `translateY(${y}px) scaleY(${height})`;
    return height;
  }
}

// --- the numbers at one step ---

const tile = (name, value) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }));
const ALWAYS = ["helped", "pre_empted", "late"]; // told even if there is none

function numbers(result, found) {
  const told = count(result.replies);
  const kinds = [...UP, ...DOWN].filter((kind) => result[kind] || ALWAYS.includes(kind)).map((kind) =>
    make("div", { class: kind }, make("dt", { text: say(`trial.became.${kind}`) }), make("dd", { text: count(result[kind]) })));
  return [
    make("dl", { class: "numbers" },
      tile(say("history.number.replies", { count: told }), told), tile(say("history.number.share"), percent(result.share_of_voice)),
      tile(say("history.number.hold"), result.hold_minutes === null ? "–" : lasting(result.hold_minutes * 60)),
      tile(say("history.number.cost"), usd(result.usd))),
    make("dl", { class: "kinds" }, ...kinds),
    make("p", { class: "soft", text: priceLine(found.price) })];
}

// By whose price costs are estimated.
const priceLine = (price) => say(`history.price.${price.is_default ? "assumed" : "own"}`, price);

// --- moments ---

// The time alone on the day of the post, which the card names.
const timeOf = (at, post) => day(at) === day(post.at)
  ? new Date(at).toLocaleTimeString(given.language, { timeStyle: "short" }) : moment(at);

function spokenLine(one, post) {
  const dim = one !== post, isAnswer = one.answer !== null;
  const name = make("b", { text: one.name, dir: "auto" });
  return make("p", { class: `said${dim ? " dim" : ""}${isAnswer ? " answer" : ""}` }, name,
    ...(one.bot ? [make("span", { class: "badge", text: say("history.program") })] : []),
    make("time", { datetime: one.at, text: timeOf(one.at, post) }), make("span", { class: "text", text: one.text, dir: "auto" }),
    ...(isAnswer ? [make("span", { class: "counted", text: one.answer < 1 ? say("trial.counted.likely", { sure: percent(one.answer) }) : say("trial.counted.sure") })] : []));
}

function momentCard(one, number, judge) {
  const verdicts = ["good", "bad"].map((verdict) => button(say(`history.${verdict}`),
    () => judge(one, verdict), { class: `verdict ${verdict}`, "aria-pressed": "false", "data-verdict": verdict }));
  const name = one.persona[0].toUpperCase() + one.persona.slice(1);
  return make("article", { class: "moment", "aria-label": say("history.moment", { number: number + 1 }) },
    make("p", { class: "soft", text: `#${one.room_name} · ${moment(one.post.at)}`, dir: "auto" }),
    ...[...one.before, one.post, ...one.meanwhile].map((each) => spokenLine(each, one.post)),
    make("p", { class: `ours ${one.became}` },
      make("b", { text: say(one.became === "asked" ? "history.would_at_once" : "history.would", { name, after: lasting(one.waited) }) }),
      make("span", { text: say(`trial.became.${one.became}`) })),
    ...one.after.map((each) => spokenLine(each, one.post)),
    make("div", { class: "verdicts" }, ...verdicts));
}
