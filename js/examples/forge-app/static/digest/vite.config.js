// Relative addresses: Forge serves the page from a folder of its own.
export default { base: './' };
