import { AppError } from "../errors";
export type Picture = { full: Uint8Array; thumbnail: Uint8Array; width: number; height: number; placeholder: string };
/** STUB */
export async function render(source: Blob, _kind: "post" | "avatar"): Promise<Picture> {
	try {
		const image = new Bun.Image(source, { maxPixels: 40e6 })
			.resize(2048, 2048, { fit: "inside", withoutEnlargement: true })
			.webp();
		const full = await image.bytes();
		const small = new Bun.Image(full).resize(400, 400, { fit: "inside", withoutEnlargement: true }).webp();
		return {
			full,
			thumbnail: await small.bytes(),
			width: image.width,
			height: image.height,
			placeholder: await new Bun.Image(full).placeholder(),
		};
	} catch (error) {
		const { code } = error as { code?: string };
		if (code === "ERR_IMAGE_TOO_MANY_PIXELS") throw new AppError("too_large", "too many pixels");
		throw new AppError("unsupported_media", "no picture");
	}
}
