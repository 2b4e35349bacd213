// What limits the list: the wish and the limits of the box.

import { clock } from "./words.js";

const PARAMETERS = {
  about: "about", text: "about", max_duration_s: "max_duration", min_duration_s: "min_duration", category: "category",
  not_categories: "not_category", channel: "channel", not_channels: "not_channel", language: "language",
  not_languages: "not_language", not_words: "not_word", published_after: "published_after",
  published_before: "published_before", include_seen: "include_seen", k: "k",
};
const SAID = {
  about: (value) => `about “${value}”`, max_duration: (value) => `at most ${clock(value)}`, min_duration: (value) => `at least ${clock(value)}`,
  category: (value) => value, not_category: (value) => `not ${value}`, channel: (value) => `from ${value}`,
  not_channel: (value) => `not from ${value}`, language: (value) => `in ${value}`, not_language: (value) => `not in ${value}`,
  not_word: (value) => `without “${value}”`, published_after: (value) => `since ${value}`, published_before: (value) => `before ${value}`,
  include_seen: () => "also seen ones", k: (value) => `the best ${value}`,
};

/** Turn the arguments of a chat's action into [parameter, value] pairs of the API. */
export function limitsOf(args) {
  return Object.entries(PARAMETERS).flatMap(([name, parameter]) => {
    const value = args[name];
    const values = Array.isArray(value) ? value : value == null || value === false ? [] : [value];
    return values.map((one) => [parameter, String(one)]);
  });
}

/** Whether the API can be asked for what an action asks. */
export function isPlainList(action) {
  const args = action.arguments;
  return ["recommend", "search"].includes(action.name) && !args.like && !args.after && !args.surprise && !(args.not_videos || []).length;
}

export function showChips(list, limits, drop) {
  list.replaceChildren(
    ...limits.map(([name, value]) => {
      const chip = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${SAID[name](value)} ✕`;
      button.ariaLabel = `Remove: ${SAID[name](value)}`;
      button.addEventListener("click", () => drop(name, value));
      chip.append(button);
      return chip;
    }),
  );
}
