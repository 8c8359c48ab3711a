// Shows the chosen part of the chosen digest, and loads it again, at the same place, whenever the server has a new one.
"use strict";

const choices = ["digest", "part", "width", "scheme"].map((id) => document.getElementById(id));
const [digest, part, width, scheme] = choices;
const frame = document.getElementById("shown");
const state = document.getElementById("state");
let digests = [];

function show() {
  const chosen = digests.find((it) => it.id === digest.value);
  frame.style.width = `${width.value}px`;
  document.getElementById("subject").textContent = chosen ? chosen.subject : "";
  if (!chosen) return;
  const at = frame.contentWindow.scrollY;
  frame.onload = () => frame.contentWindow.scrollTo(0, at);
  frame.contentWindow.location.replace(`/${encodeURIComponent(chosen.id)}/${part.value}?scheme=${scheme.value}`);
  location.replace(`#${choices.map((it) => encodeURIComponent(it.value)).join("/")}`);
}

function take(news) {
  const before = digest.value || decodeURIComponent(location.hash.slice(1).split("/")[0]);
  digests = news.digests;
  digest.replaceChildren(...digests.map((it) => new Option(`${it.title} (${it.id})`, it.id, false, it.id === before)));
  const list = document.querySelector("#problems ul");
  list.replaceChildren(
    ...news.problems.map((problem) => {
      const item = document.createElement("li");
      item.textContent = problem.text;
      item.className = problem.warning ? "warning" : "";
      return item;
    }),
  );
  list.parentElement.hidden = news.problems.length === 0;
  const chosen = digests.find((it) => it.id === digest.value);
  const size = chosen ? `${Math.ceil(chosen.bytes / 1000)} KB, ` : "";
  state.textContent = `${size}made ${new Date().toLocaleTimeString()}`;
  state.className = "";
  show();
}

location.hash.slice(1).split("/").slice(1).forEach((value, at) => {
  if (value) choices[at + 1].value = decodeURIComponent(value);
});
choices.forEach((choice) => choice.addEventListener("change", show));

const events = new EventSource("events");
events.onmessage = (event) => take(JSON.parse(event.data));
events.onerror = () => {
  state.textContent = "connection lost; is digest preview still running?";
  state.className = "lost";
};
