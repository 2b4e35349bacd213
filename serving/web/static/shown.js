// Which request each item answers, so that events can say where they come from.

const requests = new WeakMap();

/** Remember that `items` were shown in answer to the request with this id. */
export function remember(items, requestId) {
  for (const item of items) requests.set(item, requestId);
}

/** The fields of an event that say of which list, and of which place in it, it is. */
export function shownAt(item) {
  return { request_id: requests.get(item) ?? null, position: item.rank, variant: item.variant ?? null };
}
