/*
 * Search on the index that the server has made: the rules of geo/search.py once more, for maps that
 * have no server.
 * Texts of the index are folded already; only what somebody types is folded here.
 */
const HAN = /([\u3400-\u9fff\u{20000}-\u{3ffff}])/gu;

function fold(text, traditional) {
  const plain = text.normalize("NFKC").toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(
    /\p{M}/gu,
    "",
  );
  const words = plain.replace(/['’ʼ`´]/g, "").replace(HAN, " $1 ").replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return [...words].map((char) => traditional[char] || char).join("");
}

/**
 * Rank the group of texts nearest to the name that fits; `fit` gives null where a text does not.
 */
function best(texts, fit) {
  for (let where = 0; where < texts.length; where += 1) {
    const fits = texts[where].map(fit).filter((found) => found !== null);
    if (fits.length) return [where, Math.min(...fits)];
  }
  return null;
}

const LEAST = 4; // letters from which on a word that is begun is also looked for over blanks

function phrase(wanted) {
  const letters = [...wanted.replaceAll(" ", "")];
  const begun = new RegExp("(?:^| )" + letters.join(" ?"), "u");
  const whole = new RegExp(begun.source + "(?= |$)", "u");
  return (texts) =>
    best(texts, (text) => {
      const found = whole.exec(text);
      if (found?.index === 0) return found[0].length < text.length ? 1 : 0;
      const begins = letters.length >= LEAST ? begun.exec(text) : null;
      if (text.startsWith(wanted) || begins?.index === 0) return 2;
      if (found) return 3;
      return ` ${text}`.includes(` ${wanted}`) ? 4 : begins ? 5 : null;
    });
}

const MOST_CUT = 10; // words of a query that is still looked for as two phrases

function two(wanted) {
  const words = wanted.split(" ");
  const cuts = words.length <= MOST_CUT ? words.keys() : [];
  const pairs = [...cuts].slice(1).map((
    cut,
  ) => [phrase(words.slice(0, cut).join(" ")), phrase(words.slice(cut).join(" "))]);
  return (texts) => {
    const found = pairs.map(([first, last]) => [first(texts), last(texts)]).filter(([one, other]) =>
      one && other
    ).map(([one, other]) => Math.max(one[0], other[0]));
    return found.length ? [Math.min(...found), 6] : null;
  };
}

function all(wanted, before) {
  const words = wanted.split(" ").map((word) => before + word);
  return (texts) => {
    let text = "";
    for (let where = 0; where < texts.length; where += 1) {
      text += texts[where].map((one) => ` ${one}`).join("");
      if (words.every((word) => text.includes(word))) {
        return [
          where,
          words.every((word) => `${text} `.includes(`${word} `)) ? 7 : 8,
        ];
      }
    }
    return null;
  };
}

const LEVELS = [phrase, two, (wanted) => all(wanted, " "), (wanted) => all(wanted, "")];

/**
 * Find what a query means: a Map from id to { layer, rank }, the best first; null where it holds
 * nothing to search for.
 */
export function find(index, query) {
  const wanted = fold(query, index.traditional);
  if (!wanted) return null;
  for (const level of LEVELS) {
    const rank = level(wanted);
    const hits = index.rows.flatMap(([id, layer, ...texts]) => {
      const found = rank(texts);
      return found ? [[id, { layer, rank: found }]] : [];
    });
    if (hits.length) {
      return new Map(hits.sort(([, a], [, b]) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]));
    }
  }
  return new Map();
}
