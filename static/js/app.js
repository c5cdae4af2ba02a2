// Small improvements of pages that work without them. No page may depend on this file.
(function () {
  "use strict";

  // A form is sent once: a second click while the first is under way does nothing. Coming back by the browser's button frees it.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-submit-once") || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    window.setTimeout(function () { release(form); }, 15000);
  });
  function release(form) { delete form.dataset.sent; form.removeAttribute("aria-busy"); }
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // The summary of errors gets the focus, so that it is read out first.
  var summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  // Filters apply at once when a choice is made; without script there is the button.
  document.querySelectorAll("form[data-auto-submit]").forEach(function (form) {
    form.addEventListener("change", function (event) {
      if (event.target.form === form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
    });
  });

  // Copy a payment reference.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    if (!navigator.clipboard) return;
    var label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        button.textContent = label + " ✓";
        window.setTimeout(function () { button.textContent = label; }, 2000);
      });
    });
  });

  // A common reason goes into its textarea at once: <a data-fill="id" data-text="…">. Without script its address does the same.
  document.querySelectorAll("[data-fill]").forEach(function (link) {
    var target = document.getElementById(link.dataset.fill);
    if (!target) return;
    link.addEventListener("click", function (event) {
      event.preventDefault();
      if (target.value.indexOf(link.dataset.text) < 0) target.value += (target.value.trim() ? "\n" : "") + link.dataset.text;
      target.focus();
    });
  });

  // Say that a file is too large before it is sent: <input type="file" data-max-bytes="…" data-too-large="…">.
  document.querySelectorAll("input[type=file][data-max-bytes]").forEach(function (input) {
    input.addEventListener("change", function () {
      var limit = Number(input.dataset.maxBytes);
      var large = Array.from(input.files).some(function (file) { return file.size > limit; });
      input.setCustomValidity(large ? input.dataset.tooLarge : "");
      input.classList.toggle("is-invalid", large);
      if (large) input.reportValidity();
    });
  });

  // Repeatable rows: [data-rows] holds [data-row]…; [data-add-row] copies the last one, [data-remove-row] empties or removes one.
  document.querySelectorAll("[data-rows]").forEach(function (group) {
    var add = group.querySelector("[data-add-row]");
    function rows() { return group.querySelectorAll("[data-row]"); }
    function blank(row) {
      row.querySelectorAll("input:not([type=hidden]), textarea").forEach(function (input) { input.value = ""; input.classList.remove("is-invalid"); });
      row.querySelectorAll("select").forEach(function (select) { select.selectedIndex = 0; });
      row.querySelectorAll(".invalid-feedback").forEach(function (note) { note.remove(); });
    }
    function renumber(row, index) {
      ["id", "name", "for", "aria-describedby"].forEach(function (attribute) {
        row.querySelectorAll("[" + attribute + "]").forEach(function (element) {
          element.setAttribute(attribute, element.getAttribute(attribute).replace(/-\d+(?=-|$)/g, "-" + index));
        });
      });
    }
    if (add) {
      add.hidden = false;
      add.addEventListener("click", function () {
        var last = rows()[rows().length - 1];
        var copy = last.cloneNode(true);
        blank(copy);
        renumber(copy, rows().length);
        last.after(copy);
        var first = copy.querySelector("input:not([type=hidden]), select, textarea");
        if (first) first.focus();
      });
    }
    group.addEventListener("click", function (event) {
      var button = event.target.closest("[data-remove-row]");
      if (!button) return;
      var row = button.closest("[data-row]");
      if (rows().length > 1) row.remove(); else blank(row);
      rows().forEach(renumber);
    });
    group.querySelectorAll("[data-remove-row]").forEach(function (button) { button.hidden = false; });
  });

  // Menus close on Escape and on a click elsewhere.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open], details.site-menu[open]").forEach(function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
  });

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
