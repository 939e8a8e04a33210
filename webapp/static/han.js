/*
 * Chinese names in traditional characters, where a page is written in them: the table comes with the
 * page, the data are the same for all.
 */

/** Write a name in the characters of a table; without one as it is. */
export const han = (text, table) =>
  text && table ? [...text].map((char) => table[char] || char).join("") : text;
