"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const log = read("log");
  const LISTED = 14;
  const NAMED = 60;
  const lines = [];
  let now = 0;

  const span = (us) => {
    if (us < 1e6) return `${Math.round(us / 1e3)} ms`;
    if (us < 6e7) return `${(us / 1e6).toFixed(2)} s`;
    const whole = Math.floor(us / 1e6);
    const two = (number) => String(number).padStart(2, "0");
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
    return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  };

  // The state of the run after entry `seq`: a fold of what the log says changed.
  const stateAfter = (seq) => {
    const state = log.workstreams.map(() => "PENDING");
    for (const [at, id, to] of log.changes) {
      if (at > seq) break;
      state[id] = to;
    }
    const workers = new Map();
    for (const [at, worker, to, id, attempt] of log.workers) {
      if (at > seq) break;
      if (to === "TERMINATED") workers.delete(worker);
      else workers.set(worker, { state: to, at: id < 0 ? "" : `${log.workstreams[id]}.${attempt}` });
    }
    return { state, workers: [...workers].sort((a, b) => a[0] - b[0]) };
  };

  // What has nothing to wait for but a worker is ready, whatever else it may be called.
  const waitsAt = (us) => {
    const found = new Map();
    for (const [id, cause, on, from, to] of log.waits) {
      if (from > us) break;
      if (us < to) found.set(id, { cause, on });
    }
    return [...found].sort((a, b) => a[0] - b[0]);
  };

  const why = (id, { cause, on }) => {
    if (cause === "merging" && on === id) return "is being merged";
    return `${log.causes[cause]} ${cause === "backoff" ? "" : on}`.trim();
  };

  const fill = (id, rows, rest) => {
    const body = document.querySelector(`#${id} tbody`) || document.getElementById(id);
    const list = body.tagName === "UL";
    const made = rows.map((cells) => {
      const row = document.createElement(list ? "li" : "tr");
      if (list) row.textContent = cells[0];
      else cells.forEach((text) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (typeof text === "number" || /^[\d.]+ (ms|s|min|h)/.test(text)) cell.className = "n";
      });
      return row;
    });
    if (rest > 0 || !rows.length) {
      const more = document.createElement(list ? "li" : "tr");
      const into = list ? more : more.insertCell();
      if (!list) into.colSpan = 4;
      into.className = "none";
      into.textContent = rest > 0 ? `and ${rest} more` : "none";
      made.push(more);
    }
    body.replaceChildren(...made);
  };

  const show = (seq) => {
    const us = log.entries[seq - 1][0];
    const { state, workers } = stateAfter(seq);
    const when = `entry ${seq} of ${log.entries.length}, ${span(us)} in`;
    document.getElementById("clock").textContent = when;
    document.getElementById("then-when").textContent = when;
    now = us / log.unit_us;
    for (const line of lines) if (line.seen) line.span.location = now;
    const counts = document.getElementById("counts");
    counts.replaceChildren(...Object.entries(log.states).flatMap(([name, color]) => {
      const number = state.filter((each) => each === name).length;
      if (!number) return [];
      const part = document.createElement("span");
      part.style.background = color;
      part.style.flexGrow = number;
      part.title = part.textContent = `${number} ${name.toLowerCase()}`;
      return [part];
    }));
    fill("then-workers", workers.slice(0, LISTED).map(([id, each]) => [`worker ${id}`, each.state.toLowerCase(), each.at]), workers.length - LISTED);
    const waits = waitsAt(us);
    const ready = waits.filter(([, { cause }]) => cause === "worker").map(([id]) => [log.workstreams[id]]);
    fill("then-ready", ready.slice(0, NAMED), ready.length - NAMED);
    const waiting = waits.filter(([, { cause }]) => cause !== "worker").map(([id, wait]) => [log.workstreams[id], why(log.workstreams[id], wait)]);
    fill("then-waiting", waiting.slice(0, LISTED), waiting.length - LISTED);
    const last = [];
    for (let at = seq; at > Math.max(0, seq - LISTED); at -= 1) {
      const [then, type, told] = log.entries[at - 1];
      last.push([at, span(then), log.types[type], told]);
    }
    fill("then-entries", last, 0);
  };

  // A slider sends more than a screen can show: the newest wins.
  const slider = document.getElementById("slider");
  let asked = 0;
  const look = (seq) => {
    slider.value = seq;
    if (!asked) asked = requestAnimationFrame(() => {
      asked = 0;
      show(Number(slider.value));
    });
  };
  slider.addEventListener("input", () => look(Number(slider.value)));
  const lookAt = (us) => {
    let low = 0, high = log.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (log.entries[middle][0] <= us) low = middle + 1;
      else high = middle;
    }
    look(Math.max(1, low));
  };

  const play = document.getElementById("play");
  const PLAYED_MS = 20000;
  let began = null;
  const step = (now) => {
    if (began === null) return;
    const whole = log.entries[log.entries.length - 1][0];
    const share = Math.min(1, (now - began) / PLAYED_MS);
    lookAt(share * whole);
    if (share < 1) requestAnimationFrame(step);
    else stop();
  };
  const stop = () => {
    began = null;
    play.textContent = "play";
    play.setAttribute("aria-pressed", "false");
  };
  play.addEventListener("click", () => {
    if (began !== null) return stop();
    const whole = log.entries[log.entries.length - 1][0] || 1;
    const seq = Number(slider.value);
    const share = seq >= log.entries.length ? 0 : log.entries[seq - 1][0] / whole;
    began = performance.now() - share * PLAYED_MS;
    play.textContent = "stop";
    play.setAttribute("aria-pressed", "true");
    requestAnimationFrame(step);
  });

  // Charts have no colours of their own for letters and lines: they take those of the page.
  const ink = () => {
    const style = getComputedStyle(document.documentElement);
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map((name) => style.getPropertyValue(name).trim());
    for (const chart of Bokeh.documents[0].roots()) {
      for (const axis of [...chart.left, ...chart.below]) axis.setv({
        axis_label_text_color: soft, major_label_text_color: ink, axis_line_color: line,
        major_tick_line_color: line, minor_tick_line_color: null,
      });
      for (const grid of chart.center) if ("grid_line_color" in grid) grid.grid_line_color = line;
    }
  };
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    ink();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ink);

  const charts = read("charts");
  const places = charts.items[0].roots;
  Bokeh.embed.embed_items(charts.documents, charts.items).then(() => {
    for (const chart of Bokeh.documents[0].roots()) {
      const span = chart.center.find((each) => each.name === "moment");
      if (!span) continue;
      const line = { span, seen: true };
      lines.push(line);
      // A chart that nobody sees need not be painted again.
      new IntersectionObserver(([{ isIntersecting }]) => {
        line.seen = isIntersecting;
        if (line.seen) span.location = now;
      }).observe(document.getElementById(places[chart.id]));
      chart.on_event("tap", (tap) => lookAt(tap.x * log.unit_us));
    }
    ink();
    show(Number(slider.value));
    document.documentElement.dataset.ready = "yes";
  });
})();
