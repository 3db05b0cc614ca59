/** Columns under their headings, three blanks apart. */

/** @param rows cells without line breaks; colours count as nothing for the width */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell))))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)))
      .join('   ')
      .trimEnd(),
  )
  return lines.map((line) => `${line}\n`).join('')
}

const colourCodes = /\u001B\[[0-9;]*m/g
export const visibleLength = (text: string): number => [...text.replaceAll(colourCodes, '')].length
