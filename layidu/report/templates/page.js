(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("map-data").textContent);
  var phrases = JSON.parse(document.getElementById("map-phrases").textContent);
  var indicator = document.getElementById("indicator");
  var period = document.getElementById("period");
  var told = document.getElementById("told");
  var shades = document.getElementById("shades");
  var points = Array.prototype.slice.call(document.querySelectorAll("#map .point"));
  var hint = told ? told.textContent : "";

  function shade(number, words) {
    var item = document.createElement("li");
    var drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("width", "16");
    drawing.setAttribute("height", "16");
    var circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    circle.setAttribute("cx", "8");
    circle.setAttribute("cy", "8");
    circle.setAttribute("r", "6.5");
    circle.setAttribute("class", "c" + number);
    drawing.appendChild(circle);
    item.appendChild(drawing);
    item.appendChild(document.createTextNode(words));
    return item;
  }

  // Numbers of a figure, then the places of its wording and of what is said after it.
  function words(text) {
    var parts = text.split("|");
    var after = phrases[parts.pop()];
    var figure = phrases[parts.pop()];
    return figure.replace(/\ue000/g, function () { return parts.shift().replace(/ /g, "\u202f"); }) + after;
  }

  function draw() {
    var theme = data[indicator.value][period.value];
    points.forEach(function (point, place) {
      point.setAttribute("class", "point c" + theme.classes[place]);
      point.querySelector("title").textContent = point.getAttribute("data-name") + " : " + words(theme.words[place]);
    });
    var items = theme.legend.map(function (entry) { return shade(entry[0], entry[1]); });
    items.push(shade(0, shades.getAttribute("data-unsure")));
    shades.replaceChildren.apply(shades, items);
    told.textContent = hint;
  }

  function tell(event) {
    told.textContent = event.currentTarget.querySelector("title").textContent;
  }

  if (indicator && period && points.length) {
    indicator.addEventListener("change", draw);
    period.addEventListener("change", draw);
    points.forEach(function (point) {
      point.addEventListener("mouseenter", tell);
      point.addEventListener("focus", tell);
    });
    draw();
  }
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.printed").forEach(function (each) { each.open = true; });
  });
})();
