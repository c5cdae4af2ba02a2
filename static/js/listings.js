// Small improvements of the listing form, which works without them: how much room a text has left, help for the chosen price model.
(function () {
  "use strict";

  document.querySelectorAll("input[data-count], textarea[data-count]").forEach(function (input) {
    var most = Number(input.dataset.count);
    var note = document.createElement("div");
    note.className = "form-text char-count";
    note.setAttribute("aria-hidden", "true");
    input.after(note);
    function show() {
      var used = Array.from(input.value).length;
      note.textContent = used + " / " + most;
      note.classList.toggle("is-full", used > most * 0.95);
    }
    input.addEventListener("input", show);
    show();
  });

  var help = document.querySelector("[data-model-help] span");
  var model = document.getElementById("pricing_model");
  if (help && model) {
    model.addEventListener("change", function () {
      var found = Array.from(document.querySelectorAll("[data-model]")).find(function (one) { return one.dataset.model === model.value; });
      help.textContent = found ? found.textContent : "";
    });
  }
})();
