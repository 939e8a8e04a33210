/*
 * Asks the server, and asks again where it is busy: 503 with Retry-After, for half a minute at
 * most.
 */
const MOST_TURNS = 6;

/** Fetch an address; `wanted` says whether the answer is still waited for. */
export async function patiently(address, options, wanted = () => true) {
  for (let turn = 1;; turn++) {
    const answer = await fetch(address, options);
    const seconds = Number(answer.headers.get("Retry-After"));
    if (answer.status !== 503 || !seconds || turn === MOST_TURNS) return answer;
    await pause(1000 * seconds);
    if (!wanted()) return answer;
  }
}

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
