// Players: a file of this machine, or YouTube. Nothing of them is loaded before a click.

import { idPath } from "./server.js";
import { clock, pageOf, youtubeId } from "./words.js";
import { Watch } from "./watch.js";

const YOUTUBE = "https://www.youtube-nocookie.com";
const SILENT_MS = 4000;

export const hasFile = new Set(); // ids of videos whose file is on this machine

/** "file", "youtube", "page" or null: how this video can be watched. */
export function howToPlay(item) {
  if (hasFile.has(item.video_id)) return "file";
  if (youtubeId(item.url)) return "youtube";
  return pageOf(item) ? "page" : null;
}

/** Put a player on `stage` and return its watch, whose `end` stores the event. `trouble` gets a sentence. */
export function play(stage, item, reader, { from = 0, trouble = () => {}, loop = false } = {}) {
  const watch = new Watch(item, reader);
  const stop = howToPlay(item) === "file" ? playFile(stage, item, watch, from, trouble, loop) : playYoutube(stage, item, watch, from);
  const end = watch.end.bind(watch);
  watch.end = () => {
    watch.pause();
    stop();
    return end();
  };
  return watch;
}

function playFile(stage, item, watch, from, trouble, loop) {
  const video = document.createElement("video");
  Object.assign(video, { controls: true, autoplay: true, playsInline: true, loop, poster: idPath("/page/pictures/", item.video_id) });
  video.ariaLabel = item.title;
  video.src = idPath("/page/media/", item.video_id) + (from ? `#t=${from}` : "");
  video.addEventListener("playing", () => watch.run());
  for (const name of ["pause", "waiting", "ended", "emptied", "error"]) video.addEventListener(name, () => watch.pause());
  video.addEventListener("error", () => video.hasAttribute("src") && trouble("This browser cannot play the file."));
  video.addEventListener("loadeddata", () => {
    if (!video.videoWidth) trouble("Sound only: this browser shows no moving picture of this file.");
  });
  stage.replaceChildren(video);
  return () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
    stage.replaceChildren();
  };
}

function playYoutube(stage, item, watch, from) {
  const frame = document.createElement("iframe");
  const options = new URLSearchParams({ autoplay: 1, rel: 0, playsinline: 1, enablejsapi: 1, origin: location.origin });
  if (from) options.set("start", from);
  frame.src = `${YOUTUBE}/embed/${youtubeId(item.url)}?${options}`;
  frame.title = item.title;
  frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
  frame.referrerPolicy = "strict-origin-when-cross-origin"; // YouTube refuses players that do not say where they are
  let heard = false;
  const hear = (message) => {
    if (message.origin !== YOUTUBE || message.source !== frame.contentWindow) return;
    const state = stateOf(message.data);
    if (state === null) return;
    heard = true;
    state === 1 ? watch.run() : watch.pause();
  };
  // A player that does not say what it does: count the time for which the page with it is visible.
  const look = () => heard || (document.visibilityState === "visible" ? watch.run() : watch.pause());
  const ask = () => frame.contentWindow?.postMessage(JSON.stringify({ event: "listening", id: 1, channel: "widget" }), YOUTUBE);
  frame.addEventListener("load", ask);
  addEventListener("message", hear);
  document.addEventListener("visibilitychange", look);
  const silent = setTimeout(look, SILENT_MS);
  stage.replaceChildren(frame);
  return () => {
    clearTimeout(silent);
    removeEventListener("message", hear);
    document.removeEventListener("visibilitychange", look);
    stage.replaceChildren();
  };
}

function stateOf(data) {
  try {
    const { info } = JSON.parse(data);
    return info && typeof info.playerState === "number" ? info.playerState : null;
  } catch {
    return null;
  }
}

export function lengthOf(item) {
  return item.duration_s == null ? "" : clock(Math.round(item.duration_s));
}
