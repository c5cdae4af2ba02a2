// The tray of services to compare and the star, on pages that work without them. The page of a comparison is its address; the tray only
// remembers between pages of this browser what was ticked.
(function () {
  "use strict";

  var KEY = "compare", MOST = 4;
  var form = document.getElementById("compare");
  var table = document.querySelector("[data-compared]");

  function read() {
    try {
      var kept = JSON.parse(window.localStorage.getItem(KEY) || "[]");
      return Array.isArray(kept) ? kept.filter(function (one) { return one && /^\d+$/.test(one.id); }).slice(0, MOST) : [];
    } catch (error) { return []; }
  }
  function write(tray) {
    try { window.localStorage.setItem(KEY, JSON.stringify(tray)); } catch (error) { /* without storage the tray lives on this page */ }
  }
  function has(tray, id) { return tray.some(function (one) { return one.id === id; }); }

  // What stands in the table is what was chosen last.
  if (table && table.dataset.compared === "1") {
    write(Array.from(table.querySelectorAll("th[data-title]")).map(function (cell) { return { id: cell.dataset.id, title: cell.dataset.title }; }));
  }

  var tray = read();
  if (form) startTray(); else if (!table) return;
  startMarks();

  function startTray() {
    var list = form.querySelector("[data-tray-list]"), hint = form.querySelector("[data-tray-hint]");
    var note = form.querySelector("[data-tray-note]"), count = form.querySelector("[data-tray-count]"), clear = form.querySelector("[data-tray-clear]");

    function boxes() { return Array.from(document.querySelectorAll("input[type=checkbox][form=compare][name=id]")); }
    function links() { return Array.from(document.querySelectorAll("[data-tray-add]")); }

    function show() {
      var here = {};
      boxes().forEach(function (box) { here[box.value] = true; box.checked = has(tray, box.value); });
      links().forEach(function (link) {
        var inside = has(tray, link.dataset.trayAdd), label = link.querySelector("span");
        if (!link.dataset.label) link.dataset.label = label.textContent;
        label.textContent = inside ? link.dataset.added : link.dataset.label;
        link.classList.toggle("active", inside);
      });
      form.querySelectorAll("input[type=hidden]").forEach(function (input) { input.remove(); });
      list.textContent = "";
      tray.forEach(function (one) {
        if (!here[one.id]) {
          var input = document.createElement("input");
          input.type = "hidden"; input.name = "id"; input.value = one.id;
          form.appendChild(input);
        }
        var item = document.createElement("li"), text = document.createElement("span"), button = document.createElement("button");
        text.textContent = one.title;
        button.type = "button"; button.className = "card-tool"; button.textContent = "×";
        button.setAttribute("aria-label", form.dataset.remove + " " + one.title);
        button.addEventListener("click", function () { remove(one.id); (list.querySelector("button") || document.getElementById("content")).focus(); });
        item.append(text, button);
        list.appendChild(item);
      });
      list.hidden = clear.hidden = tray.length === 0;
      hint.hidden = tray.length > 0;
      count.textContent = tray.length ? " " + tray.length + "/" + MOST : "";
      form.classList.toggle("is-live", tray.length > 0);
      document.body.classList.toggle("has-tray", tray.length > 0);
    }
    function say(text) { note.textContent = text; }
    function add(id, title) {
      if (has(tray, id)) return true;
      if (tray.length >= MOST) { say(form.dataset.full); form.classList.add("is-live"); return false; }
      tray.push({ id: id, title: title }); say(""); write(tray); show();
      return true;
    }
    function remove(id) {
      tray = tray.filter(function (one) { return one.id !== id; });
      say(""); write(tray); show();
    }

    document.addEventListener("change", function (event) {
      var box = event.target;
      if (!box.matches("input[type=checkbox][form=compare][name=id]")) return;
      var title = box.parentNode.querySelector(".visually-hidden").textContent.trim();
      if (!box.checked) remove(box.value); else if (!add(box.value, title)) box.checked = false;
    });
    links().forEach(function (link) {
      link.addEventListener("click", function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (has(tray, link.dataset.trayAdd)) remove(link.dataset.trayAdd); else add(link.dataset.trayAdd, link.dataset.title);
      });
    });
    clear.addEventListener("click", function () { tray = []; say(""); write(tray); show(); document.getElementById("content").focus(); });
    function again() { tray = read(); show(); }
    window.addEventListener("storage", function (event) { if (event.key === KEY) again(); });
    window.addEventListener("pageshow", again);
    document.addEventListener("market:shown", again);
    show();
  }

  // The star without leaving the page; where anything is odd, the form is sent as without script.
  function startMarks() {
    var mark = document.querySelector("form[data-mark]");
    if (!mark || !window.fetch) return;
    var adding = mark.action;
    mark.addEventListener("submit", function (event) {
      var button = event.submitter;
      if (!button || button.hasAttribute("data-plain") || mark.dataset.plain) return;
      event.preventDefault();
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      var body = new FormData(mark);
      body.set("id", button.value);
      window.fetch(button.hasAttribute("formaction") ? button.formAction : adding, { method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "error" })
        .then(function (answer) { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
        .then(function (said) {
          document.querySelectorAll("button.mark[form=mark]").forEach(function (one) {
            if (one.value !== button.value) return;
            one.setAttribute("aria-pressed", said.marked ? "true" : "false");
            if (said.marked) one.setAttribute("formaction", "/account/favourites/remove"); else one.removeAttribute("formaction");
          });
        })
        .catch(function () { mark.dataset.plain = "1"; mark.requestSubmit(button); })
        .finally(function () { button.removeAttribute("aria-busy"); });
    });
  }
})();
