export { text } from "../settings/settings.text";
