[inputs: ["{mix,.formatter,demo-pair}.exs", "{config,lib,test}/**/*.{ex,exs}"]]
