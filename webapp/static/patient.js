/*
 * Asks the server, and asks again where it is busy or prepares its roads: 503 with Retry-After,
 * for two minutes at most.
 */
const MOST_TURNS = 24;

/**
 * Fetch an address; `wanted` says whether the answer is still waited for, `say` is called with each
 * answer that has to be waited for.
 */
export async function patiently(address, options, wanted = () => true, say = () => {}) {
  for (let turn = 1;; turn++) {
    const answer = await fetch(address, options);
    const seconds = Number(answer.headers.get("Retry-After"));
    if (answer.status !== 503 || !seconds || turn === MOST_TURNS) return answer;
    say(answer.clone());
    await pause(1000 * seconds);
    if (!wanted()) return answer;
  }
}

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
