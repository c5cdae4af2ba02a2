// Suggestions under a search box while typing: the combobox of the ARIA practices. Without it the box is a plain form.
// Texts stand in <template id="suggest-texts">; what was searched for before is kept in this browser only and can be cleared.
(function () {
  "use strict";
  var texts = document.getElementById("suggest-texts");
  if (!texts || !window.fetch || !window.AbortController) return;
  var say = texts.dataset;
  var KEY = "market.recent", KEPT = 8, WAIT = 120, LONGEST = 60;
  var icons = { category: "folder2", listing: "box-seam", firm: "building", recent: "clock-history", popular: "fire" };
  var cache = new Map();
  var serial = 0;

  function recent() {
    try { var kept = JSON.parse(window.localStorage.getItem(KEY) || "[]"); return Array.isArray(kept) ? kept.filter(function (one) { return typeof one === "string"; }) : []; }
    catch (error) { return []; }
  }
  function remember(words) {
    words = words.trim().slice(0, LONGEST);
    if (!words) return;
    try { window.localStorage.setItem(KEY, JSON.stringify([words].concat(recent().filter(function (one) { return one !== words; })).slice(0, KEPT))); }
    catch (error) { /* a browser that keeps nothing */ }
  }
  function forget() { try { window.localStorage.removeItem(KEY); } catch (error) { /* nothing kept */ } }

  function attach(input) {
    var host = input.closest(".input-group, .search-box, .hero-search") || input.parentNode;
    host.classList.add("suggest-host");
    var id = "suggestions-" + (++serial);
    var box = document.createElement("div");
    box.className = "suggestions";
    box.hidden = true;
    var list = document.createElement("div");
    list.id = id;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", say.label);
    box.appendChild(list);
    host.appendChild(box);
    var status = document.createElement("span");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    host.appendChild(status);
    input.setAttribute("role", "combobox");
    input.setAttribute("autocomplete", "off");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", id);
    var active = -1, timer = 0, running = null, typed = input.value, composing = false;

    function options() { return list.querySelectorAll("[role=option]"); }
    function close() {
      box.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      status.textContent = "";
    }
    function mark(at) {
      var all = options();
      all.forEach(function (one, place) { one.classList.toggle("is-active", place === at); one.setAttribute("aria-selected", String(place === at)); });
      active = at;
      if (at < 0) { input.removeAttribute("aria-activedescendant"); input.value = typed; return; }
      input.setAttribute("aria-activedescendant", all[at].id);
      input.value = all[at].dataset.text;
      all[at].scrollIntoView({ block: "nearest" });
    }
    function go(option) {
      if (option.dataset.url) { remember(option.dataset.text); window.location.assign(option.dataset.url); return; }
      input.value = typed = option.dataset.text;
      close();
      if (input.form.requestSubmit) input.form.requestSubmit(); else input.form.submit();
    }
    function highlighted(text, words) {
      var at = words ? text.toLowerCase().indexOf(words.toLowerCase()) : -1;
      var span = document.createElement("span");
      if (at < 0) { span.textContent = text; return span; }
      var bold = document.createElement("b");
      bold.textContent = text.slice(at, at + words.length);
      span.append(text.slice(0, at), bold, text.slice(at + words.length));
      return span;
    }
    function draw(groups, words) {
      list.replaceChildren();
      box.querySelectorAll(".suggestions-foot").forEach(function (one) { one.remove(); });
      var count = 0;
      groups.forEach(function (group, place) {
        if (!group.items.length) return;
        var part = document.createElement("div");
        part.setAttribute("role", "group");
        var heading = document.createElement("div");
        heading.className = "suggestions-group";
        heading.id = id + "-g" + place;
        heading.textContent = group.label;
        part.setAttribute("aria-labelledby", heading.id);
        part.appendChild(heading);
        group.items.forEach(function (item) {
          var option = document.createElement("div");
          option.className = "suggestion";
          option.id = id + "-" + (count++);
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.dataset.text = item.text;
          if (item.url) option.dataset.url = item.url;
          var icon = document.createElement("i");
          icon.className = "bi bi-" + (icons[group.kind] || "search");
          icon.setAttribute("aria-hidden", "true");
          option.append(icon, highlighted(item.text, words));
          part.appendChild(option);
        });
        list.appendChild(part);
        if (group.kind === "recent") {
          var foot = document.createElement("div");
          foot.className = "suggestions-group suggestions-foot";
          var clear = document.createElement("button");
          clear.type = "button";
          clear.tabIndex = -1;
          clear.textContent = say.clear;
          clear.addEventListener("click", function () { forget(); input.focus(); start(); });
          foot.append(say.local, clear);
          box.appendChild(foot);
        }
      });
      active = -1;
      input.removeAttribute("aria-activedescendant");
      if (!count || document.activeElement !== input) { close(); return; }
      box.hidden = false;
      input.setAttribute("aria-expanded", "true");
      status.textContent = say.count.replace("{n}", String(count));
    }
    function start() {
      draw([
        { kind: "recent", label: say.recent, items: recent().map(function (text) { return { text: text }; }) },
        { kind: "popular", label: say.popular, items: say.words.split("|").map(function (text) { return { text: text }; }) }
      ], "");
    }
    function grouped(found, words) {
      var kinds = ["category", "term", "listing", "firm"];
      return kinds.map(function (kind) {
        return { kind: kind, label: say[kind], items: found.filter(function (one) { return one.kind === kind; }) };
      });
    }
    function ask() {
      var words = input.value.trim().slice(0, LONGEST);
      if (running) { running.abort(); running = null; }
      if (!words) { start(); return; }
      if (cache.has(words)) { draw(grouped(cache.get(words), words), words); return; }
      running = new AbortController();
      var mine = running;
      fetch(say.source + "?q=" + encodeURIComponent(words), { signal: mine.signal, headers: { Accept: "application/json" } })
        .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
        .then(function (answer) {
          cache.set(words, answer.suggestions);
          if (cache.size > 100) cache.delete(cache.keys().next().value);
          if (mine === running) draw(grouped(answer.suggestions, words), words);
        })
        .catch(function (error) { if (error.name !== "AbortError" && mine === running) close(); });
    }
    function later() { window.clearTimeout(timer); timer = window.setTimeout(ask, WAIT); }

    input.addEventListener("compositionstart", function () { composing = true; });
    input.addEventListener("compositionend", function () { composing = false; typed = input.value; later(); });
    input.addEventListener("input", function () { if (composing) return; typed = input.value; later(); });
    input.addEventListener("focus", function () { typed = input.value; if (!typed) start(); });
    input.addEventListener("click", function () { if (box.hidden) { if (input.value.trim()) ask(); else start(); } });
    input.addEventListener("keydown", function (event) {
      if (event.isComposing || composing) return;
      var total = options().length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (box.hidden) { ask(); return; }
        var step = event.key === "ArrowDown" ? 1 : -1;
        mark(active + step < -1 ? total - 1 : active + step >= total ? -1 : active + step);
      } else if (event.key === "Escape" && !box.hidden) {
        event.preventDefault();
        event.stopPropagation();
        window.clearTimeout(timer);
        if (running) { running.abort(); running = null; }
        input.value = typed;
        close();
      } else if (event.key === "Enter") {
        window.clearTimeout(timer);
        if (running) { running.abort(); running = null; }
        if (!box.hidden && active >= 0) { event.preventDefault(); go(options()[active]); return; }
        close();
      } else if (event.key === "Tab") { close(); }
    });
    input.addEventListener("blur", function () { window.setTimeout(function () { if (!box.contains(document.activeElement)) close(); }, 150); });
    box.addEventListener("mousedown", function (event) { if (!event.target.closest("button")) event.preventDefault(); });
    list.addEventListener("click", function (event) { var option = event.target.closest("[role=option]"); if (option) go(option); });
    if (input.form) input.form.addEventListener("submit", function () { remember(input.value); });
  }

  function attachAll() {
    document.querySelectorAll("input[data-suggest]").forEach(function (input) {
      if (input.getAttribute("role") !== "combobox") attach(input);
    });
  }
  attachAll();
  document.addEventListener("market:shown", attachAll);
})();
