export { text } from "../technician/technician.text";
