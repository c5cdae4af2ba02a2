// The search page, smoother: a choice shows its result without a new page. Everything works without this file.
(function () {
  "use strict";
  var phone = window.matchMedia("(max-width: 991.98px)");
  var asked = 0;

  function root() { return document.querySelector("[data-market]"); }
  function live() { var market = root(); if (market) market.classList.add("is-live"); }

  function addressOf(form) {
    var pairs = new URLSearchParams();
    new FormData(form).forEach(function (value, name) { if (value !== "") pairs.append(name, value); });
    var query = pairs.toString();
    return form.action.split("?")[0] + (query ? "?" + query : "");
  }

  // What had the focus gets it again: an option by its name and value, everything else by its id.
  function marker(element) {
    if (!element) return null;
    if (element.name && element.form) return '[name="' + CSS.escape(element.name) + '"]' + (element.type === "checkbox" || element.type === "radio" ? '[value="' + CSS.escape(element.value) + '"]' : "");
    return null;
  }

  function show(address, options) {
    var market = root();
    var mine = ++asked;
    var focus = options.focus;
    market.classList.add("is-busy");
    fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (text) {
      if (mine !== asked) return;
      var page = new DOMParser().parseFromString(text, "text/html");
      var fresh = page.querySelector("[data-market]");
      if (!fresh) throw new Error("no market");
      var lists = Array.from(market.querySelectorAll(".opt-scroll")).map(function (list) { return list.scrollTop; });
      market.replaceWith(document.adoptNode(fresh));
      document.title = page.title;
      document.querySelectorAll(".site-header [hreflang]").forEach(function (link, at) {
        var other = page.querySelectorAll(".site-header [hreflang]")[at];
        if (other) link.href = other.getAttribute("href");
      });
      if (options.push) history.pushState({ market: true }, "", address);
      live();
      root().querySelectorAll(".opt-scroll").forEach(function (list, at) { list.scrollTop = lists[at] || 0; });
      var again = focus && root().querySelector(focus);
      if (again) again.focus({ preventScroll: true });
      if (options.top) window.scrollTo({ top: 0 });
      document.dispatchEvent(new CustomEvent("market:shown"));
    }).catch(function () { if (mine === asked) window.location.assign(address); });
  }

  document.addEventListener("change", function (event) {
    var box = event.target, form = box.form;
    if (!form || form.id !== "filters-form" || !box.matches("input[type=checkbox], input[type=radio]")) return;
    if (box.name === "fold" || (box.name === "more" && !box.hasAttribute("data-apply"))) { note(box); return; }
    if (phone.matches && box.name !== "open" && box.name !== "more") return;
    if (phone.matches) { window.location.assign(addressOf(form) + "#filters"); return; }
    show(addressOf(form), { push: true, focus: marker(box) });
  });

  // Folding needs no answer, but the address must know of it: the links of this page learn it too.
  function note(box) {
    function put(address) {
      var url = new URL(address, window.location.href);
      var kept = url.searchParams.getAll(box.name).filter(function (value) { return value !== box.value; });
      url.searchParams.delete(box.name);
      kept.concat(box.checked ? [box.value] : []).forEach(function (value) { url.searchParams.append(box.name, value); });
      return url;
    }
    history.replaceState(history.state, "", put(window.location.href));
    root().querySelectorAll(".market-results a[href^='/services/?'], .market-results a[href='/services/']").forEach(function (link) {
      var open = /[?&]$/.test(link.getAttribute("href"));
      var url = put(link.href);
      link.href = url.pathname + url.search + (open ? "&" : "");
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.id !== "filters-form" || event.defaultPrevented) return;
    event.preventDefault();
    var active = document.activeElement;
    show(addressOf(form), { push: true, top: phone.matches, focus: active && active.id === "q" ? "#q" : marker(active) });
    if (window.location.hash) history.replaceState(null, "", window.location.pathname + window.location.search);
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest(".market .sort-menu a:not(.sort-help), .market .view-switch a, .market .chips a, .market-pager a, .widenings a");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(link.href, { push: true, top: !!link.closest(".market-pager") });
  });

  window.addEventListener("popstate", function () {
    if (root() && window.location.pathname === "/services/" && !window.location.hash) show(window.location.href, {});
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && window.location.hash === "#filters") window.location.hash = "results";
  });
  live();
})();
