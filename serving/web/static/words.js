// Facts of a video in words.

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function day(moment) {
  return `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
}

export function facts(item) {
  return [item.channel, item.published && day(new Date(item.published))].filter(Boolean).join(" · ");
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) + (/[.!?…]”?$/.test(text) ? "" : ".") : "";
}

export function ordinal(place) {
  const ending = { one: "st", two: "nd", few: "rd", other: "th" };
  return place + ending[new Intl.PluralRules("en", { type: "ordinal" }).select(place)];
}

/** The second at which to start: that of the quote, where the reason speaks of it. */
export function startOf(item) {
  const second = item.evidence && item.evidence.start_s;
  return second != null && item.reason.includes(`at ${clock(second)}`) ? Math.floor(second) : 0;
}

/** The id of a YouTube video, or null. */
export function youtubeId(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const host = url.hostname.replace(/^(www|m|music)\./, "");
  const parts = url.pathname.split("/");
  let id = null;
  if (host === "youtu.be") id = parts[1];
  if (host === "youtube.com" || host === "youtube-nocookie.com") {
    id = ["shorts", "embed", "live"].includes(parts[1]) ? parts[2] : url.searchParams.get("v");
  }
  return id && /^[\w-]{6,20}$/.test(id) ? id : null;
}

export function pageOf(item) {
  return /^https?:\/\//i.test(item.url || "") ? item.url : null;
}
