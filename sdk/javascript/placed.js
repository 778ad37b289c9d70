// From a place in the bundle to one in the source, by the table that the build leaves in the bundle.

export function placed(text) {
  let table;
  return (line, column) => {
    table ??= JSON.parse(text);
    const [, source, at, from] = (table.lines[line] ?? []).findLast(([start]) => start <= column - 1) ?? [];
    return source === undefined ? undefined : `${table.sources[source]}:${at + 1}:${from + 1}`;
  };
}
