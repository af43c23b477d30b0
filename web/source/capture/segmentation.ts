/** Where ridges are in a preview frame, for people to see: a quick look of the page's own, which decides nothing. */

/** Blocks of a frame, row by row. */
export interface BlockMask {
  readonly columns: number;
  readonly rows: number;
  /** Side of a block in pixels. */
  readonly block: number;
  /** 1 where ridges are. */
  readonly inside: Uint8Array;
}

/** Standard deviation of grey levels below which no block shows ridges: sensor noise has 2 to 5, light ridges 12 and more. */
const LEAST_CONTRAST = 10;
/** Of the contrast of the clearest blocks; a shadow or a smear has less. */
const SHARE_OF_CLEAR = 0.35;

/**
 * The blocks that show ridges, by the variance of grey levels (Mehtre and Chatterjee, 1989), smoothed by a majority of neighbours.
 *
 * `rgba` is what `getImageData` gives: four bytes a pixel, of which the first is taken for grey.
 */
export function ridgeMask(rgba: Uint8ClampedArray, width: number, height: number, block = 12): BlockMask {
  const columns = Math.floor(width / block);
  const rows = Math.floor(height / block);
  const contrast = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      contrast[row * columns + column] = deviation(rgba, width, column * block, row * block, block);
  const clear = Float32Array.from(contrast).sort()[Math.floor(contrast.length * 0.9)] ?? 0;
  const least = Math.max(LEAST_CONTRAST, SHARE_OF_CLEAR * clear);
  const rough = Uint8Array.from(contrast, (each) => Number(each >= least));
  return { columns, rows, block, inside: majority(rough, columns, rows) };
}

/** The edges of a mask as line segments [x0, y0, x1, y1], in pixels of the frame. */
export function outline(mask: BlockMask): [number, number, number, number][] {
  const { columns, rows, block } = mask;
  const at = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < columns && row < rows && mask.inside[row * columns + column] === 1;
  const edges: [number, number, number, number][] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!at(column, row)) continue;
      const [left, top, right, bottom] = [column, row, column + 1, row + 1].map((each) => each * block) as [
        number,
        number,
        number,
        number,
      ];
      if (!at(column, row - 1)) edges.push([left, top, right, top]);
      if (!at(column, row + 1)) edges.push([left, bottom, right, bottom]);
      if (!at(column - 1, row)) edges.push([left, top, left, bottom]);
      if (!at(column + 1, row)) edges.push([right, top, right, bottom]);
    }
  return edges;
}

function deviation(rgba: Uint8ClampedArray, width: number, left: number, top: number, block: number): number {
  let sum = 0;
  let squares = 0;
  for (let y = top; y < top + block; y++)
    for (let x = left; x < left + block; x++) {
      const grey = rgba[4 * (y * width + x)] ?? 0;
      sum += grey;
      squares += grey * grey;
    }
  const count = block * block;
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** Each block as most of the nine around it are: single ones go, gaps close. */
function majority(inside: Uint8Array, columns: number, rows: number): Uint8Array {
  const smooth = new Uint8Array(inside.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let count = 0;
      let of = 0;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
          count += inside[y * columns + x] ?? 0;
          of++;
        }
      smooth[row * columns + column] = Number(count * 2 > of);
    }
  return smooth;
}
