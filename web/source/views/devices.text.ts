export { text } from "../devices/devices.text";
