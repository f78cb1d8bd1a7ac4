mod detect;
mod network;
mod prominent;
mod suppress;
