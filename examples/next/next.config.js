/** @type {import("next").NextConfig} */
export default {
  reactStrictMode: true,
  // The page and its API are on one origin, as a visitor sees them.
  rewrites: () => [{ source: "/api/:path*", destination: `${process.env.API ?? "http://127.0.0.1:4180"}/api/:path*` }],
};
