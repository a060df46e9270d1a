"""What a model is: MLmodel file, signature, example, environment, package, predictor, trust."""
