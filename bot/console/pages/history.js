// The course of a trial on the page: dropped, sent in pieces, read, replayed; then the dial, and the manager's verdicts.
const POLL_MS = 400; // between two looks at a trial that works: often enough to seem steady
const SETTLED_MS = 60; // without a step of the dial, before the moments follow the numbers: a dial that is dragged stays smooth
const PLACE = (id) => document.getElementById(id);
const SUFFIXES = /\.(json|jsonl|ndjson|gz|zip)$/i;

const STEP = "history.step"; // of the dial, kept for this tab when it is loaded again
const page = { state: null, found: null, results: {}, verdicts: new Map(), judging: Promise.resolve(), step: Number(sessionStorage.getItem(STEP) ?? given.risks.indexOf(given.first)), parts: null, timer: 0, drawing: 0, sending: null };

async function ask(path, how = {}) {
  let answer;
  try {
    answer = await fetch(`/history/trials${path}`, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(say("history.no_server"));
  }
  if (answer.status === 404 && path) throw Object.assign(new Error((await answer.json()).problem), { gone: true });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).problem ?? say("history.no_server"));
  return answer.status === 204 ? null : answer.json();
}

const post = (path, body, signal) => ask(path, { method: "POST", body, signal });

function complain(problem) {
  const place = PLACE("problem");
  place.textContent = problem ?? "";
  place.hidden = !problem;
}

// --- dropped and sent ---

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
  const reader = entry.createReader(), found = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesOf(each)).filter((file) => each.isDirectory || SUFFIXES.test(file.name)));
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function send(files) {
  if (!files.length || page.sending) return;
  complain();
  page.sending = new AbortController();
  const whole = files.reduce((sum, file) => sum + file.size, 0) || 1;
  let sent = 0, id = null;
  try {
    if (page.state) await removeTrial();
    id = (await post("", null)).id;
    for (const file of files) {
      const pieces = Math.max(1, Math.ceil(file.size / given.piece));
      for (let number = 0; number < pieces; number += 1) {
        const query = new URLSearchParams({ name: file.name, number, last: number === pieces - 1 ? 1 : 0 });
        show({ stage: "receiving", done: sent / whole });
        const piece = file.slice(number * given.piece, (number + 1) * given.piece);
        await post(`/${id}/pieces?${query}`, piece, page.sending.signal);
        sent += piece.size;
      }
    }
    page.state = await post(`/${id}/start`, null);
    follow();
  } catch (error) {
    reset();
    if (id) ask(`/${id}`, { method: "DELETE" }).catch(() => {});
    complain(error.name === "AbortError" ? say("history.stopped_early") : error.message);
  } finally {
    page.sending = null;
    PLACE("files").value = "";
  }
}

// --- followed ---

const WORKING = ["receiving", "reading", "playing"];

function show(state) {
  const works = WORKING.includes(state.stage);
  PLACE("drop").classList.toggle("small", !works && page.found !== null);
  PLACE("drop").hidden = PLACE("how").hidden = works;
  PLACE("progress").hidden = !works;
  PLACE("bar").value = state.done;
  const text = say(`history.stage.${state.stage}`, { done: percent(Math.round(state.done * 100) / 100), messages: count(state.messages ?? 0) });
  if (PLACE("stage").textContent !== text) PLACE("stage").textContent = text;
  PLACE("sofar").hidden = !state.so_far || page.found !== null;
  if (state.so_far) PLACE("sofar").replaceChildren(...["unanswered", "replies"].map((key) => {
    const value = count(state.so_far[key]);
    return tile(say(`history.so_far.${key}`, { count: value }), value);
  }));
}

async function follow() {
  clearTimeout(page.timer);
  try {
    const id = page.state.id;
    page.state = await ask(`/${id}`);
    if (page.state.found && !page.found) {
      page.found = await ask(`/${id}/found`);
      drawFound();
    }
    for (const risk of page.found ? page.state.ready.filter((risk) => !(risk in page.results)) : []) {
      page.results[risk] = await ask(`/${id}/risks/${risk}`);
      ready();
    }
    if (page.found) await readVerdicts(id);
    show(page.state);
    complain(page.state.problem);
    const expires = new Date(page.state.expires) - Date.now();
    const next = WORKING.includes(page.state.stage) ? POLL_MS : Math.max(1000, expires + 1000);
    page.timer = setTimeout(follow, Math.min(next, 2 ** 31 - 1));
  } catch (error) {
    if (error.gone) reset();
    else page.timer = setTimeout(follow, 10 * POLL_MS);
    complain(error.message);
  }
}

function reset() {
  clearTimeout(page.timer);
  clearTimeout(page.drawing);
  Object.assign(page, { state: null, found: null, results: {}, parts: null });
  page.verdicts.clear();
  PLACE("found").replaceChildren();
  show({ stage: "", done: 0 });
}

async function removeTrial() {
  const { id } = page.state;
  reset();
  await ask(`/${id}`, { method: "DELETE" });
}

// --- drawn ---

function drawFound() {
  const found = page.found, last = given.risks.length - 1;
  const dial = make("input", { id: "dial", type: "range", min: 0, max: last, step: 1, "aria-describedby": "meaning",
    on: { input: () => { page.step = Number(dial.value); sessionStorage.setItem(STEP, page.step); turn(); } } });
  dial.value = page.step; // after min and max, which bound it
  const ticks = make("div", { class: "ticks", "aria-hidden": "true" }, ...given.risks.map((risk) => make("span", { text: percent(risk) })));
  page.parts = { dial, picture: new Picture(found), meaning: make("p", { id: "meaning", role: "status" }),
    numbers: make("div"), moments: make("div", { class: "moments" }), judged: make("p", { class: "judged", role: "status" }),
    rule: make("pre", { tabindex: 0 }), print: make("a", { class: "quiet link", target: "_blank", text: say("history.print") }), shown: null };
  const { picture, meaning, judged, moments, rule } = page.parts;
  const copy = button(say("history.copy"), async () => {
    await navigator.clipboard.writeText(rule.textContent);
    copy.textContent = say("history.copied");
  }, { class: "main-button" });
  const steps = ["discord", "matrix"].map((where) => make("li", { text: say(`history.invite_${where}`) }));
  PLACE("found").replaceChildren(summary(found, page.state, () => removeTrial().catch((error) => complain(error.message))), questions(found),
    make("div", { class: "columns" },
      make("section", { class: "card dial" }, make("label", { class: "h2", for: "dial", text: say("history.dial") }), dial, ticks, meaning,
        page.parts.numbers, picture.box, played(found)),
      make("section", { class: "card" }, make("h2", { text: say("history.moments") }), make("p", { class: "soft", text: say("history.moments_why") }), judged, moments)),
    make("section", { class: "card invite" }, make("h2", { text: say("history.invite") }), make("p", { text: say("history.invite_why") }), rule,
      make("p", { class: "row" }, copy, page.parts.print), make("ul", {}, ...steps)));
}

// How the rooms are played, where that is not by the manager's own rule.
function played(found) {
  const others = found.rooms.filter((room) => !room.is_own_rule);
  const rooms = found.rooms.map((room) => make("li", { dir: "auto", text: say(room.is_own_rule ? "history.by_rule" : "history.by_default",
    { room: room.name, messages: count(room.messages), match: room.match, join: room.join, persona: room.persona }) }));
  return make("details", {}, make("summary", { text: say(others.length ? "history.played_default" : "history.played_rules") }), make("ul", {}, ...rooms));
}

function ready() {
  page.parts.picture.scale(Object.values(page.results));
  turn();
}

function turn() {
  const risk = given.risks[page.step], result = page.results[risk], { dial, meaning, picture, numbers: place } = page.parts;
  const told = { risk: percent(risk), cases: count(Math.round(100 * risk)) };
  dial.setAttribute("aria-valuetext", say("history.meaning", told));
  meaning.textContent = say(result ? "history.meaning" : "history.computing", told);
  page.parts.rule.textContent = ruleFor(page.found, risk);
  if (!result) return;
  page.parts.print.href = `/history/trials/${page.state.id}/risks/${risk}/print`;
  place.replaceChildren(...numbers(result, page.found));
  picture.draw(result);
  clearTimeout(page.drawing);
  page.drawing = setTimeout(() => drawMoments(result), page.parts.shown ? SETTLED_MS : 0);
}

function drawMoments(result) {
  const { moments } = page.parts;
  if (page.parts.shown !== result) {
    result.cards ??= result.moments.map((one, number) => momentCard(one, number, judge));
    moments.replaceChildren(...result.cards);
    page.parts.shown = result;
  }
  drawVerdicts();
}

// --- judged ---

const keyOf = (one) => JSON.stringify([one.room, one.id ?? one.moment]);

// The verdicts on the moments of this trial, also by another tab or at another step. None is overtaken by an older one.
async function readVerdicts(id) {
  await page.judging;
  const judging = page.judging, found = await ask(`/${id}/verdicts`);
  if (judging !== page.judging || page.state?.id !== id) return;
  page.verdicts = new Map(found.map((one) => [keyOf(one), one.verdict]));
  drawVerdicts();
}

function drawVerdicts() {
  const shown = page.parts?.shown;
  if (!shown) return;
  shown.moments.forEach((one, number) => {
    const verdict = page.verdicts.get(keyOf(one));
    for (const choice of shown.cards[number].querySelectorAll(".verdict"))
      choice.setAttribute("aria-pressed", String(choice.dataset.verdict === verdict));
  });
  const all = shown.moments.length, here = shown.moments.filter((one) => page.verdicts.has(keyOf(one))).length;
  const judged = page.verdicts.size, good = [...page.verdicts.values()].filter((one) => one === "good").length;
  const told = { here: count(here), all: count(all), judged: count(judged), good: count(good), share: percent(good / Math.max(1, judged)) };
  const text = say(`history.${!all ? "none_spoken" : judged ? "judged" : "judged_none"}`, told);
  if (page.parts.judged.textContent !== text) page.parts.judged.textContent = text;
}

// The chosen verdict, once more, takes it back. One is sent after another, so that the last one counts.
function judge(one, choice) {
  const key = keyOf(one), before = page.verdicts.get(key), verdict = before === choice ? "" : choice;
  const { risk } = page.parts.shown, { id } = page.state;
  const put = (value) => { value ? page.verdicts.set(key, value) : page.verdicts.delete(key); drawVerdicts(); };
  put(verdict);
  page.judging = page.judging.then(async () => {
    try {
      await post(`/${id}/verdicts`, JSON.stringify({ risk, room: one.room, moment: one.id, verdict }));
      complain();
    } catch (error) {
      if (page.state?.id === id) put(before);
      complain(error.message);
    }
  });
}

function ruleFor(found, risk) {
  const own = found.rooms.find((room) => room.is_own_rule);
  const match = own ? own.match : found.rooms.length === 1 ? `*/*/${found.rooms[0].name}` : "*";
  const persona = found.rooms[0]?.persona ?? "mochi";
  return `rooms:\n  - {match: ${JSON.stringify(match)}, persona: ${persona}, join: unanswered, displacement_risk: ${risk}}`;
}

// --- begun ---

PLACE("files").addEventListener("change", (event) => send([...event.target.files]));
PLACE("cancel").addEventListener("click", () => {
  page.sending?.abort();
  if (!page.sending && page.state) post(`/${page.state.id}/cancel`, null).then(follow, (error) => complain(error.message));
});
addEventListener("dragover", (event) => { event.preventDefault(); PLACE("drop").classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) PLACE("drop").classList.remove("over"); });
addEventListener("drop", async (event) => {
  event.preventDefault();
  PLACE("drop").classList.remove("over");
  dropped(event.dataTransfer).then(send, (error) => complain(error.message));
});
// Another tab may have deleted the trial, or begun one.
document.addEventListener("visibilitychange", () => { if (!document.hidden && !page.sending) begin(); });

async function begin() {
  try {
    const newest = await ask("");
    if (newest === null || (page.state && page.state.id !== newest.id)) reset();
    if (newest === null || newest.stage === "receiving") return;
    page.state = newest;
    await follow();
  } catch (error) {
    complain(error.message);
  }
}
begin();
