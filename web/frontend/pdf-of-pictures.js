// A PDF whose pages are JPEG pictures (ISO 32000-1: 7.5 file structure, 8.9.5 image dictionaries, 7.4.8 DCTDecode).
const LONG = 842, SHORT = 595;  // points: the sides of A4

// `pictures` are {bytes, width, height}; each fills a page of its own shape. Returns the parts of a Blob.
export function pdf(pictures) {
  const parts = [], starts = [];
  let length = 0;
  const write = (part) => {
    parts.push(part);
    length += typeof part === "string" ? part.length : part.byteLength;  // our own text is ASCII
  };
  const object = (dictionary, stream) => {
    starts.push(length);
    write(`${starts.length} 0 obj\n${dictionary}\n`);
    if (stream !== undefined) {
      write("stream\n");
      write(stream);
      write("\nendstream\n");
    }
    write("endobj\n");
  };
  write("%PDF-1.4\n");
  object("<< /Type /Catalog /Pages 2 0 R >>");
  const pages = pictures.map((_picture, n) => `${3 + 3 * n} 0 R`).join(" ");
  object(`<< /Type /Pages /Kids [${pages}] /Count ${pictures.length} >>`);
  pictures.forEach(({ bytes, width, height }, n) => {
    const scale = Math.min((width > height ? LONG : SHORT) / width, (width > height ? SHORT : LONG) / height);
    const [across, down] = [width, height].map((side) => (side * scale).toFixed(2));
    const [content, image] = [4 + 3 * n, 5 + 3 * n];
    const drawn = `q ${across} 0 0 ${down} 0 0 cm /P Do Q`;
    object(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${across} ${down}] /Contents ${content} 0 R /Resources << /XObject << /P ${image} 0 R >> >> >>`);
    object(`<< /Length ${drawn.length} >>`, drawn);
    object(`<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${bytes.byteLength} >>`, bytes);
  });
  const table = length;
  const rows = starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("");
  write(`xref\n0 ${starts.length + 1}\n0000000000 65535 f \n${rows}`);
  write(`trailer\n<< /Size ${starts.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return parts;
}
