export interface Curve {
  readonly title: string;
  /** What is along each axis, with its unit. */
  readonly x: string;
  readonly y: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [560, 320, 70, 50, 40, 20];

/** A line through points as SVG: along x by powers of ten where it spans more than one, along y from nothing. */
export function curveSvg({ title, x, y, points }: Curve): string {
  const xs = points.map(([value]) => value);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const isWide = most / least > 100;
  const scale = isWide ? Math.log10 : (value: number): number => value;
  const top = niceAbove(Math.max(...points.map(([, value]) => value)));
  const across = (value: number): number =>
    LEFT + ((scale(value) - scale(least)) / (scale(most) - scale(least) || 1)) * (WIDTH - LEFT - RIGHT);
  const up = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const path = points.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${across(a).toFixed(1)} ${up(b).toFixed(1)}`);
  const shown = points.length <= 8 ? xs : [least, (least + most) / 2, most];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${WIDTH / 2}" y="22" text-anchor="middle" font-size="14">${title}</text>
${[0, 0.25, 0.5, 0.75, 1].map((part) => line(LEFT, up(part * top), WIDTH - RIGHT, short(part * top))).join('\n')}
${shown.map((value) => `<text x="${across(value).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(value)}</text>`).join('\n')}
<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${x}</text>
<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${y}</text>
<path d="${path.join('')}" fill="none" stroke="#1668b0" stroke-width="2"/>
${points.length > 20 ? '' : points.map(([a, b]) => `<circle cx="${across(a).toFixed(1)}" cy="${up(b).toFixed(1)}" r="3" fill="#1668b0"/>`).join('\n')}
</svg>
`;
}

function line(left: number, at: number, right: number, label: string): string {
  return `<path d="M${left} ${at.toFixed(1)}H${right}" stroke="#ddd"/><text x="${left - 8}" y="${(at + 4).toFixed(1)}" text-anchor="end">${label}</text>`;
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
